/**
 * Secrets, shown for the only time: in the reply to the `POST` that made them, so that they are in no URL and no cache. Whoever
 * sends that form again gets no second thing: its form carries the id, or the version, that it is about.
 */
import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import { showPage } from '../layout.tsx'
import { textsOf } from '../texts.tsx'
import { CopiedText } from './copied-text.tsx'

interface Secrets {
  readonly section: string
  readonly title: string
  readonly secrets: readonly { readonly label: string; readonly value: string }[]
  /** Where whoever has kept them goes. */
  readonly next: string
  readonly children?: Child
}

export async function showSecrets(c: Context, { section, title, secrets, next, children }: Secrets): Promise<Response> {
  const { registry } = (await textsOf(c)).console
  return showPage(
    c,
    { title, section, ...(secrets.length > 0 && { lead: registry.secretLead }) },
    <>
      <section class="panel">
        {secrets.map(({ label, value }, index) => (
          <>
            <h2>{label}</h2>
            <CopiedText id={`secret-${index}`} text={value} label={label} />
          </>
        ))}
        <p class="buttons">
          <a class="button primary" href={next}>
            {registry.secretKept}
          </a>
        </p>
      </section>
      {children}
    </>,
  )
}
