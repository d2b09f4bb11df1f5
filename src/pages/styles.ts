/** The one style sheet of all pages. Its address holds a digest of it, so browsers may keep it for good. */
import { Hono } from 'hono'
import { sha256 } from '../crypto.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import { STYLE_SHEET } from './style-sheet.ts'

const PATH = '/assets/kith.css'

const DIGEST_LENGTH = 16
let version: string | undefined

/** With a digest of what is there. */
export function styleSheetUrl(): string {
  version ??= sha256(STYLE_SHEET).slice(0, DIGEST_LENGTH)
  return `${PATH}?v=${version}`
}

/** Under another digest it is another version, from before or after: that one is not to be kept. */
export const styles = new Hono<AppEnv>()
  .get(PATH, anyone(), (c) => {
    const isThisVersion = styleSheetUrl() === `${PATH}?v=${c.req.query('v')}`
    c.header('Cache-Control', isThisVersion ? 'public, max-age=31536000, immutable' : 'no-cache')
    c.header('Content-Type', 'text/css; charset=utf-8')
    return c.body(STYLE_SHEET)
  })
  .all(PATH, readOnly)
