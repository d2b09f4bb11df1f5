/** What the pages on which a person gives an app access have in common. */
import type { Child } from 'hono/jsx'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/limits.ts'
import type { AskingClient, ConsentRequest } from '../core/oauth/consents.ts'
import type { GrantLifetime } from '../core/oauth/grant-session.ts'
import type { ScopeInWords } from '../core/oauth/scope-words.ts'
import type { FormState } from './form-state.ts'
import { Form, Submit } from './forms.tsx'
import { Isolated } from './isolated.tsx'

/** Whose account it is about; `another` leads to a sign-in with a different one. */
export function AskedAccount({ user, another }: { user: ConsentRequest['user']; another: string }) {
  const name = user.displayName ?? [user.givenName, user.familyName].filter(Boolean).join(' ')
  return (
    <div class="whose">
      <p>
        {name !== '' && (
          <strong>
            <Isolated>{name}</Isolated>
          </strong>
        )}
        <span>{user.username}</span>
      </p>
      <a href={another}>
        Use another account<span class="unseen">, if you are not {user.username}</span>
      </a>
    </div>
  )
}

/** A word of warning about an app that nobody has registered. */
export function Caution({ client, redirectUri }: { client: AskingClient; redirectUri?: string }) {
  const { id, source } = client
  if (source === 'operator') return null
  return (
    <p class="caution">
      {source === 'document' && (
        <>
          Its details come from <strong>{new URL(id).host}</strong>.{' '}
        </>
      )}
      {source === 'dynamic' && 'This app has registered itself. '}
      Nobody here has checked who is behind it.
      {redirectUri !== undefined && warningAbout(client, redirectUri)}
    </p>
  )
}

/** What the app says about itself, on pages of its own. */
export function AppLinks({ client: { name, clientUri, policyUri, tosUri } }: { client: AskingClient }) {
  const links = [
    [clientUri, 'Its page'],
    [policyUri, 'Privacy policy'],
    [tosUri, 'Terms of service'],
  ].flatMap(([uri, text]) => (uri ? [{ uri, text }] : []))
  if (links.length === 0) return null
  return (
    <ul class="links">
      {links.map(({ uri, text }) => (
        <li>
          <a href={uri} target="_blank" rel="noopener noreferrer">
            {text}
            <span class="unseen">
              {' '}
              of <Isolated>{name}</Isolated>, in a new tab
            </span>
          </a>
          {uri === clientUri && <span class="host">{new URL(uri).host}</span>}
        </li>
      ))}
    </ul>
  )
}

/** Where its details come from proves nothing about where it leads. */
function warningAbout({ id, source }: AskingClient, redirectUri: string): string {
  if (!redirectUri.startsWith('https://')) return ' It runs on your own device, where any other program can pretend to be it.'
  const isElsewhere = source === 'document' && new URL(id).host !== new URL(redirectUri).host
  return isElsewhere ? ' It takes you back to a different place than its details come from.' : ''
}

/** What would be allowed, in plain words, area by area. */
export function AskedScopes({ title, scopes }: { title: Child; scopes: readonly ScopeInWords[] }) {
  if (scopes.length === 0) return null
  return (
    <section class="asked">
      <h2>{title}</h2>
      <Areas scopes={scopes} />
    </section>
  )
}

/** What was allowed before, folded away. */
export function AgreedScopes({ title, scopes }: { title: string; scopes: readonly ScopeInWords[] }) {
  if (scopes.length === 0) return null
  return (
    <details class="asked before">
      <summary>{title}</summary>
      <Areas scopes={scopes} />
    </details>
  )
}

function Areas({ scopes }: { scopes: readonly ScopeInWords[] }) {
  const areas = Map.groupBy(scopes, ({ area, resource }) => resource ?? area)
  return (
    <>
      {[...areas.values()].map((ofArea) => (
        <>
          <h3>{ofArea[0] && <Area of={ofArea[0]} />}</h3>
          <ul>
            {ofArea.map(({ description, resource }) => (
              <li>{resource === null ? description : <Isolated>{description}</Isolated>}</li>
            ))}
          </ul>
        </>
      ))}
    </>
  )
}

/** An API by its name and host: the name alone could be anybody's. */
function Area({ of: { area, resource } }: { of: ScopeInWords }) {
  if (resource === null) return <>{area}</>
  return (
    <>
      <Isolated>{area}</Isolated>
      <span class="host">{new URL(resource).host}</span>
    </>
  )
}

/** For how long, and how it ends. */
export function AskedTime({ lifetime: { lifeMs, idleMs }, product }: { lifetime: GrantLifetime; product: string }) {
  const idle = idleMs < lifeMs ? `, and loses it after ${periodOf(idleMs)} without use` : ''
  return (
    <p class="aside">
      It keeps this access for up to {periodOf(lifeMs)}
      {idle}. You can take back all or part of it at any time, under Connected apps in your {product} account. Apps never get your password.
    </p>
  )
}

/** In the largest unit of which there are at least two, rounded up. */
function periodOf(ms: number): string {
  const units = [
    ['days', DAY_MS],
    ['hours', HOUR_MS],
    ['minutes', MINUTE_MS],
  ] as const
  const [name, unit] = units.find(([, unit]) => ms >= 2 * unit) ?? (['seconds', SECOND_MS] as const)
  return `${Math.ceil(ms / unit)} ${name}`
}

interface AnswerProps {
  readonly action: string
  readonly token: string
  readonly state?: FormState
  /** Of the question. */
  readonly ticket: string
  readonly children?: Child
}

/** A yes or a no, with what else goes with it. */
export function AskedAnswer({ ticket, children, ...form }: AnswerProps) {
  return (
    <Form {...form} class="answers">
      {children}
      <input type="hidden" name="ticket" value={ticket} />
      <Submit name="answer" value="allow">
        Allow
      </Submit>
      <Submit kind="secondary" name="answer" value="deny">
        Deny
      </Submit>
    </Form>
  )
}
