/** What pages load: the style sheet and the scripts. Their URLs contain their digests, so browsers may cache them forever. */
import { Hono } from 'hono'
import PAGES_SCRIPT from '../browser/pages.json'
import PASSKEYS_SCRIPT from '../browser/passkeys.json'
import { sha256 } from '../crypto.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import { STYLE_SHEET } from './style-sheet.ts'

const FILES = {
  '/assets/kith.css': { type: 'text/css; charset=utf-8', content: STYLE_SHEET },
  '/assets/pages.js': { type: 'text/javascript; charset=utf-8', content: PAGES_SCRIPT },
  '/assets/passkeys.js': { type: 'text/javascript; charset=utf-8', content: PASSKEYS_SCRIPT },
} as const
type Path = keyof typeof FILES

const DIGEST_LENGTH = 16
const versions = new Map<Path, string>()

/** With the digest of the current version. */
function urlOf(path: Path): string {
  const version = versions.get(path) ?? sha256(FILES[path].content).slice(0, DIGEST_LENGTH)
  versions.set(path, version)
  return `${path}?v=${version}`
}

export const styleSheetUrl = () => urlOf('/assets/kith.css')
export const pageScriptUrl = () => urlOf('/assets/pages.js')
export const passkeyScriptUrl = () => urlOf('/assets/passkeys.js')

export const loadedFiles = new Hono<AppEnv>()
for (const [path, { type, content }] of Object.entries(FILES)) {
  loadedFiles
    .get(path, anyone(), (c) => {
      // Another digest means an older or newer version, which must not be cached under this URL.
      const isThisVersion = urlOf(path as Path) === `${path}?v=${c.req.query('v')}`
      c.header('Cache-Control', isThisVersion ? 'public, max-age=31536000, immutable' : 'no-cache')
      c.header('Content-Type', type)
      return c.body(content)
    })
    .all(path, readOnly)
}
