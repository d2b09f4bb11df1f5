/**
 * A sign-in that must be stronger than a password, for an app (`acr_values`) or for an act of an administrator: what the
 * sign-in page says then. The user may go back to the app without it; the app is told.
 */
import type { Context } from 'hono'
import { type Acr, weakestAcr } from '../core/authentication-methods.ts'
import { DECLINED } from '../core/oauth/sign-in-rules.ts'
import type { Texts } from '../texts/texts.ts'
import { returnTo } from './return-to.ts'
import { useTexts } from './texts.tsx'

/** What the page says, by what the app asks for. */
const OF_APP = {
  'urn:kith:acr:2fa': 'secondStep',
  'urn:kith:acr:phr': 'passkey',
} as const satisfies Partial<Record<Acr, keyof Texts['signIn']['stepUp']>>

/** `?reauth=`: what the page that leads here requires of a new sign-in; null if it requires none. */
export function reauthOf(c: Context): '1' | 'passkey' | null {
  const asked = c.req.query('reauth')
  return asked === '1' || asked === 'passkey' ? asked : null
}

/** The name of the page's texts. */
export const stepUpOf = (c: Context) => (reauthOf(c) === 'passkey' ? 'administrator' : (ofApp(c)?.asked ?? null))

/** Whether nothing but a passkey will do. */
export const asksForPasskey = (c: Context): boolean => reauthOf(c) === 'passkey' || ofApp(c)?.asked === 'passkey'

function ofApp(c: Context) {
  const { pathname, searchParams } = new URL(returnTo(c), 'https://own.invalid')
  const acr = pathname === '/oauth/authorize' ? weakestAcr(searchParams.get('acr_values') ?? undefined) : null
  const asked = acr && Object.hasOwn(OF_APP, acr) ? OF_APP[acr as keyof typeof OF_APP] : null
  if (!asked) return null
  searchParams.set('reauthentication', DECLINED)
  return { asked, declined: `${pathname}?${searchParams}` }
}

export function StepUpHelp({ c }: { c: Context }) {
  const { stepUp } = useTexts().signIn
  const found = ofApp(c)
  if (!found) return null
  return (
    <>
      <p class="aside">{stepUp[found.asked].missing}</p>
      <p class="links">
        <a href="/account/passkeys">{stepUp.addPasskey}</a>
        {found.asked === 'secondStep' && <a href="/account/two-step">{stepUp.turnOn}</a>}
        <a href={found.declined}>{stepUp.decline}</a>
      </p>
    </>
  )
}
