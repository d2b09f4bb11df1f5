/** What the pages on which a person gives an app access have in common. */
import type { Child } from 'hono/jsx'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/limits.ts'
import type { AskingClient, ConsentRequest } from '../core/oauth/consents.ts'
import type { GrantLifetime } from '../core/oauth/grant-session.ts'
import type { ScopeInWords } from '../core/oauth/scope-words.ts'
import { fill, plural, type Texts } from '../texts/texts.ts'
import type { FormState } from './form-state.ts'
import { Form, Submit } from './forms.tsx'
import { Isolated } from './isolated.tsx'
import { areaText, scopeText } from './scope-texts.ts'
import { Filled, useTexts } from './texts.tsx'

/** Whose account it is about; `another` leads to a sign-in with a different one. */
export function AskedAccount({ user, another }: { user: ConsentRequest['user']; another: string }) {
  const t = useTexts().consent
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
      <a href={another} aria-label={fill(t.anotherThan, { username: user.username })}>
        {t.another}
      </a>
    </div>
  )
}

/** A word of warning about an app that nobody has registered. */
export function Caution({ client, redirectUri }: { client: AskingClient; redirectUri?: string }) {
  const { caution } = useTexts().consent
  const { id, source } = client
  if (source === 'operator') return null
  const warning = redirectUri === undefined ? null : warningAbout(client, redirectUri)
  return (
    <p class="caution">
      {source === 'document' && <Filled text={caution.document} with={{ host: <strong>{new URL(id).host}</strong> }} />}
      {source === 'dynamic' && caution.dynamic} {caution.unchecked}
      {warning !== null && ` ${caution[warning]}`}
    </p>
  )
}

/** What the app says about itself, on pages of its own. */
export function AppLinks({ client: { name: app, clientUri, policyUri, tosUri } }: { client: AskingClient }) {
  const t = useTexts().consent.links
  const links = [
    { uri: clientUri, text: t.page, whole: fill(t.pageOf, { app }) },
    { uri: policyUri, text: t.privacy, whole: fill(t.privacyOf, { app }) },
    { uri: tosUri, text: t.terms, whole: fill(t.termsOf, { app }) },
  ].flatMap(({ uri, ...said }) => (uri ? [{ uri, ...said }] : []))
  if (links.length === 0) return null
  return (
    <ul class="links">
      {links.map(({ uri, text, whole }) => (
        <li>
          <a href={uri} target="_blank" rel="noopener noreferrer" aria-label={whole}>
            {text}
          </a>
          {uri === clientUri && <span class="host">{new URL(uri).host}</span>}
        </li>
      ))}
    </ul>
  )
}

/** Where its details come from proves nothing about where it leads. */
function warningAbout({ id, source }: AskingClient, redirectUri: string): 'device' | 'elsewhere' | null {
  if (!redirectUri.startsWith('https://')) return 'device'
  const isElsewhere = source === 'document' && new URL(id).host !== new URL(redirectUri).host
  return isElsewhere ? 'elsewhere' : null
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
  const t = useTexts()
  const areas = Map.groupBy(scopes, ({ area, resource }) => resource ?? area)
  return (
    <>
      {[...areas.values()].map((ofArea) => (
        <>
          <h3>{ofArea[0] && <Area of={ofArea[0]} />}</h3>
          <ul>
            {ofArea.map((scope) => (
              <li>{scope.resource === null ? scopeText(t, scope) : <Isolated>{scopeText(t, scope)}</Isolated>}</li>
            ))}
          </ul>
        </>
      ))}
    </>
  )
}

/** An API by its name and host: the name alone could be anybody's. */
function Area({ of }: { of: ScopeInWords }) {
  const { area, resource } = of
  if (resource === null) return <>{areaText(useTexts(), of)}</>
  return (
    <>
      <Isolated>{area}</Isolated>
      <span class="host">{new URL(resource).host}</span>
    </>
  )
}

/** For how long, and how it ends. */
export function AskedTime({ lifetime: { lifeMs, idleMs }, product }: { lifetime: GrantLifetime; product: string }) {
  const t = useTexts()
  const { time, timeIdle, rights } = t.consent
  const life = periodOf(t, lifeMs)
  const keeps = idleMs < lifeMs ? fill(timeIdle, { life, idle: periodOf(t, idleMs) }) : fill(time, { life })
  return <p class="aside">{`${keeps} ${fill(rights, { product })}`}</p>
}

/** In the largest unit of which there are at least two, rounded up. */
function periodOf(t: Texts, ms: number): string {
  const units = [
    ['days', DAY_MS],
    ['hours', HOUR_MS],
    ['minutes', MINUTE_MS],
  ] as const
  const [name, unit] = units.find(([, unit]) => ms >= 2 * unit) ?? (['seconds', SECOND_MS] as const)
  return plural(t, t.consent.periods[name], Math.ceil(ms / unit))
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
  const t = useTexts().consent
  return (
    <Form {...form} class="answers">
      {children}
      <input type="hidden" name="ticket" value={ticket} />
      <Submit name="answer" value="allow">
        {t.allow}
      </Submit>
      <Submit kind="secondary" name="answer" value="deny">
        {t.deny}
      </Submit>
    </Form>
  )
}
