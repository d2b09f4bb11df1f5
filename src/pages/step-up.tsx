/**
 * A sign-in that must be stronger than a password, for an app (`acr_values`) or for an act of an administrator: what the
 * sign-in page says then. The user may go back to the app without it; the app is told.
 */
import type { Context } from 'hono'
import { type Acr, weakestAcr } from '../core/authentication-methods.ts'
import { DECLINED } from '../core/oauth/sign-in-rules.ts'
import { returnTo } from './return-to.ts'

interface Words {
  readonly title: string
  readonly lead: string
}

const OF_ADMINISTRATOR: Words = {
  title: 'Sign in with your passkey',
  lead: 'An administrator who has a passkey needs it for this: no other way to sign in is enough.',
}

const OF_APP: Readonly<Partial<Record<Acr, Words & { readonly missing: string }>>> = {
  'urn:kith:acr:2fa': {
    title: 'Sign in with your second step',
    lead: 'For this, the app asks for more than a password. Sign in with your second step, or with a passkey.',
    missing: 'a second step',
  },
  'urn:kith:acr:phr': {
    title: 'Sign in with a passkey',
    lead: 'For this, the app asks for a passkey: a password or a code is not enough. With two-step sign-in on, you can also sign in another way first, and then use your passkey.',
    missing: 'a passkey',
  },
}

/** `?reauth=`: what the page that leads here requires of a new sign-in; null if it requires none. */
export function reauthOf(c: Context): '1' | 'passkey' | null {
  const asked = c.req.query('reauth')
  return asked === '1' || asked === 'passkey' ? asked : null
}

export const stepUpOf = (c: Context): Words | null => (reauthOf(c) === 'passkey' ? OF_ADMINISTRATOR : (ofApp(c)?.words ?? null))

/** Whether nothing but a passkey will do. */
export const asksForPasskey = (c: Context): boolean => reauthOf(c) === 'passkey' || ofApp(c)?.acr === 'urn:kith:acr:phr'

function ofApp(c: Context) {
  const { pathname, searchParams } = new URL(returnTo(c), 'https://own.invalid')
  const acr = pathname === '/oauth/authorize' ? weakestAcr(searchParams.get('acr_values') ?? undefined) : null
  const words = acr && OF_APP[acr]
  if (!acr || !words) return null
  searchParams.set('reauthentication', DECLINED)
  return { words, acr, declined: `${pathname}?${searchParams}` }
}

export function StepUpHelp({ c }: { c: Context }) {
  const asked = ofApp(c)
  if (!asked) return null
  return (
    <>
      <p class="aside">
        If you do not have {asked.words.missing} yet, <a href="/account/passkeys">add a passkey</a>
        {asked.acr === 'urn:kith:acr:2fa' && (
          <>
            {' '}
            or <a href="/account/two-step">turn on two-step sign-in</a>
          </>
        )}
        , then start again from the app.
      </p>
      <p class="links">
        <a href={asked.declined}>Go back to the app without it</a>
      </p>
    </>
  )
}
