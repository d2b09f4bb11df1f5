/** The configured providers. */
import type { Config, UpstreamProvider } from '../../config.ts'
import { AppError } from '../errors.ts'

/** What pages show, in the operator's order. */
export function upstreamProviders({ upstream }: Config): readonly { readonly id: string; readonly name: string }[] {
  return upstream.map(({ id, name }) => ({ id, name }))
}

export function findProvider({ upstream }: Config, id: string): UpstreamProvider {
  const provider = upstream.find((each) => each.id === id)
  if (!provider) throw new AppError('not_found')
  return provider
}

/** One of its own for each provider: an answer of another one does not arrive here (RFC 9700 §4.4.2.2). */
export function redirectUriOf({ origin }: Config, { id }: UpstreamProvider): string {
  return `${origin}/upstream/${id}/callback`
}
