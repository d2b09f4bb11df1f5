/** The one style sheet of all pages. Its URL contains its digest, so browsers may cache it forever. */
import { Hono } from 'hono'
import { sha256 } from '../crypto.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import { STYLE_SHEET } from './style-sheet.ts'

const PATH = '/assets/kith.css'

const DIGEST_LENGTH = 16
let version: string | undefined

/** With the digest of the current version. */
export function styleSheetUrl(): string {
  version ??= sha256(STYLE_SHEET).slice(0, DIGEST_LENGTH)
  return `${PATH}?v=${version}`
}

/** Another digest means an older or newer version, which must not be cached under this URL. */
export const styles = new Hono<AppEnv>()
  .get(PATH, anyone(), (c) => {
    const isThisVersion = styleSheetUrl() === `${PATH}?v=${c.req.query('v')}`
    c.header('Cache-Control', isThisVersion ? 'public, max-age=31536000, immutable' : 'no-cache')
    c.header('Content-Type', 'text/css; charset=utf-8')
    return c.body(STYLE_SHEET)
  })
  .all(PATH, readOnly)
