/** What would make an account safer, or easier to find: a few next steps, the most important first. */
import type { Standing } from '../../core/accounts/standing.ts'
import { toHex, type UserId } from '../../ids.ts'
import { plural, type Texts } from '../../texts/texts.ts'
import { Form, Submit } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { Filled, useTexts } from '../texts.tsx'

const SHOWN = 3
/** With fewer, more should be made. */
const RECOVERY_CODES_MIN = 3

interface Step {
  readonly href: string
  readonly title: string
  readonly hint: string
}

/** `token`: of the form that mails a code. */
export function NextSteps({ standing, token }: { standing: Standing; token: string }) {
  const t = useTexts()
  const { user } = standing
  const isUnconfirmed = user.email !== null && user.emailVerifiedAt === null
  const steps = stepsOf(t, standing).slice(0, isUnconfirmed ? SHOWN - 1 : SHOWN)
  if (steps.length === 0 && !isUnconfirmed) return null
  return (
    <section class="steps-panel">
      <h2>{t.account.overview.steps.title}</h2>
      <ul class="list">
        {isUnconfirmed && <Confirm userId={user.id} email={user.email ?? ''} token={token} />}
        {steps.map(({ href, title, hint }) => (
          <li class="go">
            <a href={href}>
              <span>
                <strong>{title}</strong>
                <small>{hint}</small>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Mails the code at once. */
function Confirm({ userId, email, token }: { userId: UserId; email: string; token: string }) {
  const { confirm } = useTexts().account.overview.steps
  return (
    <li>
      <div>
        <h3>{confirm.title}</h3>
        <p>
          <Filled text={confirm.hint} with={{ email: <Isolated>{email}</Isolated> }} />
        </p>
      </div>
      <Form action="/verify/resend?return_to=/account" token={token}>
        <input type="hidden" name="account" value={toHex(userId)} />
        <Submit>{confirm.button}</Submit>
      </Form>
    </li>
  )
}

function stepsOf(t: Texts, standing: Standing): Step[] {
  const { steps } = t.account.overview
  const { user, secondFactors, passkeys, recoveryCodes } = standing
  const isOff = secondFactors.length === 0
  const candidates: readonly (readonly [boolean, Step])[] = [
    [user.email === null, { href: '/account/email', ...steps.addAddress }],
    [standing.isSecondFactorAwaited, { href: '/account/two-step', ...steps.admin }],
    [isOff && !standing.isSecondFactorAwaited && !isPasskeyOnly(standing), { href: '/account/two-step', ...steps.secondStep }],
    [
      !isOff && recoveryCodes < RECOVERY_CODES_MIN,
      {
        href: '/account/two-step/recovery-codes',
        title: steps.recoveryCodes.title,
        hint: plural(t, steps.recoveryCodes.hint, recoveryCodes),
      },
    ],
    [!isOff && !secondFactors.includes('totp') && passkeys === 0, { href: '/account/two-step', ...steps.stronger }],
    [
      user.requestCount > 0,
      { href: '/people/requests', title: plural(t, steps.requests.title, user.requestCount), hint: steps.requests.hint },
    ],
    [!user.givenName && !user.displayName, { href: '/account/profile', ...steps.names }],
    [user.avatarKey === null, { href: '/account/picture', ...steps.picture }],
  ]
  return candidates.filter(([isMissing]) => isMissing).map(([, step]) => step)
}

/** A passkey is both steps at once: with nothing else to sign in with, there is no second one to add. */
export function isPasskeyOnly({ hasPassword, passkeys, providers }: Standing): boolean {
  return passkeys > 0 && !hasPassword && providers === 0
}
