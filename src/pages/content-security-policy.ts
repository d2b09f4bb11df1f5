/** What a page may load, run and send (Content Security Policy Level 3). Everything that is not named is refused. */
import type { Config } from '../config.ts'

/** What a page loads besides the style sheet and the brand's pictures. */
export interface Loads {
  /** The path of this section of the account or the console; adds their navigation, and the script of their pages. */
  readonly section?: string
  /** The URLs of its frames. */
  readonly frames?: readonly string[]
  /** The URLs of pictures of others on it. */
  readonly pictures?: readonly string[]
  /** Shows a person's file, from the origin of files. */
  readonly showsFile?: boolean
  /** Loads the script for passkeys. */
  readonly hasPasskeys?: boolean
  /** Loads the check that tells people from programs. */
  readonly hasBotCheck?: boolean
}

const BOT_CHECK_ORIGIN = 'https://challenges.cloudflare.com'
export const BOT_CHECK_SCRIPT = `${BOT_CHECK_ORIGIN}/turnstile/v0/api.js`

/**
 * Pictures come from the avatars' origin and where the operator's brand is; forms lead only to this site (see `goOn`). Only pages
 * that need one run a script, and it is ours, but for the check of bots.
 */
export function contentSecurityPolicy(config: Config, page: Loads): string {
  const { hasPasskeys = false, hasBotCheck = false, section, frames = [], pictures = [], showsFile = false } = page
  const hasScript = hasPasskeys || section !== undefined
  const botCheck = hasBotCheck ? [BOT_CHECK_ORIGIN] : []
  const files = showsFile ? [config.media.filesOrigin] : []
  return [
    "default-src 'none'",
    directive('script-src', [...(hasScript ? ["'self'"] : []), ...botCheck]),
    hasScript ? "connect-src 'self'" : '',
    "style-src 'self'",
    directive('img-src', ["'self'", 'data:', ...originsOf([avatarsUrl(config), ...picturesOf(config), ...pictures, ...files])]),
    directive('media-src', showsFile ? ["'self'", ...files] : []),
    directive('frame-src', [...originsOf(frames), ...botCheck]),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
    .filter((text) => text !== '')
    .join('; ')
}

const avatarsUrl = ({ avatars: { urls } }: Config) => (urls.kind === 'public' ? urls.baseUrl : urls.url)

function picturesOf({ brand: { logoUrl, faviconUrl, background } }: Config): string[] {
  return [logoUrl, faviconUrl, background.startsWith('#') ? '' : background]
}

const originsOf = (urls: readonly string[]) => [...new Set(urls.filter((url) => url !== '').map((url) => new URL(url).origin))]

const directive = (name: string, sources: readonly string[]) => (sources.length === 0 ? '' : `${name} ${sources.join(' ')}`)
