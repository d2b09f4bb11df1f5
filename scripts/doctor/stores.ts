/** The database and the buckets of wrangler.toml for scripts in Node: the local ones, or those of the deployment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, STATE } from '../local.ts'
import type { Stores } from './objects.ts'

export interface OpenStores {
  readonly stores: Stores
  readonly close: () => Promise<void>
}

/** Opens the stores for `use`. */
export async function withStores<T>(remote: boolean, use: (stores: Stores) => Promise<T>): Promise<T> {
  const { stores, close } = await openStores(remote)
  try {
    return await use(stores)
  } finally {
    await close()
  }
}

/** A config of its own starts nothing else of the Worker, and sets `remote` as asked. */
export async function openStores(remote: boolean): Promise<OpenStores> {
  // A command that is refused for its arguments does not wait for wrangler to load.
  const { getPlatformProxy, unstable_readConfig } = await import('wrangler')
  const { name, account_id, compatibility_date, d1_databases, r2_buckets } = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') })
  const folder = mkdtempSync(join(tmpdir(), 'kith-stores-'))
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  try {
    const configPath = join(folder, 'wrangler.json')
    const where = <Binding>(bindings: readonly Binding[]) => bindings.map((binding) => ({ ...binding, remote }))
    const config = { name, account_id, compatibility_date, d1_databases: where(d1_databases), r2_buckets: where(r2_buckets) }
    writeFileSync(configPath, JSON.stringify(config))
    process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false'
    const proxy = await getPlatformProxy<Stores & Record<string, unknown>>({ configPath, persist: { path: STATE }, remoteBindings: remote })
    return { stores: proxy.env, close: () => proxy.dispose().finally(removeFolder) }
  } catch (error) {
    removeFolder()
    throw error
  }
}
