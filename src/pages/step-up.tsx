/**
 * An app that asks for a stronger sign-in than a password (`acr_values`): what the sign-in page says then. The user may
 * go back to the app without it; the app is told.
 */
import type { Context } from 'hono'
import { type Acr, weakestAcr } from '../core/authentication-methods.ts'
import { DECLINED } from '../core/oauth/sign-in-rules.ts'
import { returnTo } from './return-to.ts'

interface Words {
  readonly title: string
  readonly lead: string
  readonly missing: string
}

const WORDS: Readonly<Partial<Record<Acr, Words>>> = {
  'urn:kith:acr:2fa': {
    title: 'Sign in with your second step',
    lead: 'For this, the app asks for more than a password. Sign in with your second step, or with a passkey.',
    missing: 'No second step yet?',
  },
  'urn:kith:acr:phr': {
    title: 'Sign in with a passkey',
    lead: 'For this, the app asks for a passkey: a password or a code is not enough.',
    missing: 'No passkey yet?',
  },
}

/** The request of an app that asks for it; null otherwise. */
export function stepUpOf(c: Context): (Words & { readonly acr: Acr; readonly declined: string }) | null {
  const { pathname, searchParams } = new URL(returnTo(c), 'https://own.invalid')
  const acr = pathname === '/oauth/authorize' ? weakestAcr(searchParams.get('acr_values') ?? undefined) : null
  const words = acr && WORDS[acr]
  if (!acr || !words) return null
  searchParams.set('reauthentication', DECLINED)
  return { ...words, acr, declined: `${pathname}?${searchParams}` }
}

export function StepUpHelp({ c }: { c: Context }) {
  const asked = stepUpOf(c)
  if (!asked) return null
  return (
    <>
      <p class="aside">
        {asked.missing} <a href="/account/passkeys">Add a passkey</a>
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
