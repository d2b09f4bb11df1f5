/** What a page says after a form: `?notice=` names it, so that no text from the URL gets onto the page. */
import type { Context } from 'hono'
import type { Texts } from '../texts/texts.ts'

export type NoticeName = keyof Texts['notices']

export function noticeOf(c: Context, { notices }: Texts): string | null {
  const name = c.req.query('notice') ?? ''
  return Object.hasOwn(notices, name) ? notices[name as NoticeName] : null
}

/** Post/Redirect/Get: redirects to `path`, which shows `notice`. A fragment stays at the end. */
export function redirectWith(c: Context, path: string, notice: NoticeName): Response {
  const [page = '', part] = path.split('#')
  return c.redirect(`${page}${page.includes('?') ? '&' : '?'}notice=${notice}${part === undefined ? '' : `#${part}`}`, 303)
}
