/**
 * The page on the way to another site: it goes on by itself, and has a link where that is held. A redirect cannot do this:
 * browsers hold the redirects after a form against `form-action`, which names this site alone.
 */
import type { Context } from 'hono'
import { showPage } from './layout.tsx'

interface Leaving {
  readonly title: string
  readonly lead: string
  /** Ours, or of a client, where it is registered. */
  readonly to: string
}

export function leave(c: Context, { title, lead, to }: Leaving): Response {
  return showPage(
    c,
    { title, lead, refreshTo: to },
    <p>
      <a class="button primary" href={to}>
        Continue
      </a>
    </p>,
  )
}
