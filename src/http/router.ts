/**
 * The app's router: Hono's `TrieRouter`, which leaves out of a request what only declares something (`tags.ts`), and matches a
 * path without parameters once per isolate.
 */
import type { Result } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'
import type { H, RouterRoute } from 'hono/types'
import { isDeclaration } from './tags.ts'

type Registered = [H, RouterRoute]

export class Router extends TrieRouter<Registered> {
  /** By method and path; null until a request asks. Only registered paths are in it, so it does not grow with requests. */
  readonly #matches = new Map<string, Result<Registered> | null>()

  override add(method: string, path: string, registered: Registered): void {
    const [handler] = registered
    if (isDeclaration(handler)) return
    super.add(method, path, registered)
    if (!/[:*]/.test(path)) this.#matches.set(`${method} ${path}`, null)
  }

  override match(method: string, path: string): Result<Registered> {
    const key = `${method} ${path}`
    const known = this.#matches.get(key)
    if (known) return known
    const found = super.match(method, path)
    if (known === null) this.#matches.set(key, found)
    return found
  }
}
