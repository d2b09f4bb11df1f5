/** Which other origins' pages may call Kith. */
import type { Config } from '../config.ts'

type Settings = Pick<Config, 'corsOrigins' | 'environment' | 'origin'>

/**
 * `listed`: in `CORS_ORIGINS`, with cookies. `loopback`: any page on this machine while Kith is developed on it, without cookies: an app
 * is tried out on whatever port is free, and calls with its own tokens.
 */
export function callerOf({ corsOrigins, environment, origin: own }: Settings, origin: string): 'listed' | 'loopback' | null {
  if (corsOrigins.includes(origin)) return 'listed'
  return environment === 'development' && isLoopback(own) && isLoopback(origin) ? 'loopback' : null
}

function isLoopback(origin: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(origin)
}

/** Of the web pages that a client's redirect URIs name, those whose calls a browser would block. */
export function blockedOrigins(settings: Settings, redirectUris: readonly string[]): string[] {
  const origins = redirectUris.filter((uri) => /^https?:/.test(uri)).map((uri) => new URL(uri).origin)
  return [...new Set(origins)].filter((origin) => origin !== settings.origin && callerOf(settings, origin) === null)
}
