/** What pages load: the style sheet and the scripts. Their URLs contain their digests, so browsers may cache them forever. */
import { Hono } from 'hono'
import PAGES_SCRIPT from '../browser/pages.json'
import PASSKEYS_SCRIPT from '../browser/passkeys.json'
import type { Brand } from '../config-brand.ts'
import { sha256 } from '../crypto.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import { brandStyles } from './brand-style.ts'
import { STYLE_SHEET } from './style-sheet.ts'

const SCRIPT = 'text/javascript; charset=utf-8'
const FILES = {
  '/assets/kith.css': { type: 'text/css; charset=utf-8', content: (brand: Brand) => STYLE_SHEET + brandStyles(brand) },
  '/assets/pages.js': { type: SCRIPT, content: () => PAGES_SCRIPT },
  '/assets/passkeys.js': { type: SCRIPT, content: () => PASSKEYS_SCRIPT },
} as const
type Path = keyof typeof FILES

const DIGEST_LENGTH = 16
/** By brand, of which an isolate has one. */
const versions = new WeakMap<Brand, Map<Path, string>>()

/** With the digest of the current version. */
function urlOf(path: Path, brand: Brand): string {
  const known = versions.get(brand) ?? new Map<Path, string>()
  versions.set(brand, known)
  const version = known.get(path) ?? sha256(FILES[path].content(brand)).slice(0, DIGEST_LENGTH)
  known.set(path, version)
  return `${path}?v=${version}`
}

export const styleSheetUrl = (brand: Brand) => urlOf('/assets/kith.css', brand)
export const pageScriptUrl = (brand: Brand) => urlOf('/assets/pages.js', brand)
export const passkeyScriptUrl = (brand: Brand) => urlOf('/assets/passkeys.js', brand)

export const loadedFiles = new Hono<AppEnv>()
for (const [path, { type, content }] of Object.entries(FILES)) {
  loadedFiles
    .get(path, anyone(), (c) => {
      const { brand } = c.var.ctx.config
      // Another digest means an older or newer version, which must not be cached under this URL.
      const isThisVersion = urlOf(path as Path, brand) === `${path}?v=${c.req.query('v')}`
      c.header('Cache-Control', isThisVersion ? 'public, max-age=31536000, immutable' : 'no-cache')
      c.header('Content-Type', type)
      return c.body(content(brand))
    })
    .all(path, readOnly)
}
