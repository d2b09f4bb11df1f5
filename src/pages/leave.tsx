/**
 * The page before another site: it continues by itself, and has a link in case that is blocked. A redirect would not
 * do: browsers apply `form-action`, which names only this site, to redirects after a form.
 */
import type { Context } from 'hono'
import { showPage } from './layout.tsx'
import { textsOf } from './texts.tsx'

interface Leaving {
  readonly title: string
  readonly lead: string
  /** Our own URL, or one registered by a client. */
  readonly to: string
}

export async function leave(c: Context, { title, lead, to }: Leaving): Promise<Response> {
  return showPage(
    c,
    { title, lead, refreshTo: to },
    <p>
      <a class="button primary" href={to}>
        {(await textsOf(c)).signOut.onward}
      </a>
    </p>,
  )
}
