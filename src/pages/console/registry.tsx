/** Parts that the lists of clients, APIs, roles and machine clients share. */
import type { Context } from 'hono'
import { coveredBy, type Scope } from '../../core/scopes.ts'
import { useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { Tag } from './tags.tsx'

/** Whether to offer an act. The act itself is refused by the core. */
export function mayDo(c: Context, scope: Scope): boolean {
  const principal = c.get('viewer')?.principal
  return principal !== undefined && !principal.restricted && coveredBy(principal.scopes, scope)
}

/** The link to the form for a new one. */
export function AddLink({ c, scope, href, text }: { c: Context; scope: Scope; href: string; text: string }) {
  if (!mayDo(c, scope)) return null
  return (
    <p class="buttons above">
      <a class="button primary" href={href}>
        {text}
      </a>
    </p>
  )
}

export function State({ isOn }: { isOn: boolean }) {
  const { enabled, disabled } = useTexts().console.registry
  return <Tag kind={isOn ? 'good' : 'bad'}>{isOn ? enabled : disabled}</Tag>
}

export function LastUse({ at }: { at: number | null }) {
  const { never } = useTexts().console.registry
  return at === null ? <span class="quiet">{never}</span> : <Time at={at} />
}
