/** `/account`: how the account stands, and what to do about it. */
import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { getStanding, type Standing } from '../../core/accounts/standing.ts'
import { coveredBy, type Scope } from '../../core/scopes.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { bytes, fill, plural, type Texts } from '../../texts/texts.ts'
import { nameOf, pictureUrl } from '../face.tsx'
import { formToken } from '../form-token.ts'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { Facts } from '../table.tsx'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { Device } from '../whereabouts.tsx'
import { Where } from './activity.tsx'
import { isPasskeyOnly, NextSteps } from './next-steps.tsx'

const PATH = '/account'
const SIGN_INS = 3

export const overviewPage = new Hono<AppEnv>().get(PATH, requires('delegated:profile:read'), async (c) =>
  show(c, await getStanding(c.var.ctx, c.var.gate, { signIns: SIGN_INS })),
)

async function show(c: Context, standing: Standing): Promise<Response> {
  const t = await textsOf(c)
  const token = await formToken(c, 'resend')
  // A role may be without some of what this page sums up.
  const may = (scope: Scope) => coveredBy(standing.principal.scopes, scope)
  return showPage(
    c,
    { title: t.account.overview.title, section: PATH },
    <>
      <Restriction standing={standing} />
      <Identity c={c} standing={standing} />
      <NextSteps standing={standing} token={token} />
      {may('delegated:profile:2fa:read') && may('delegated:session:read') && (
        <section class="panel">
          <h2>{t.account.overview.glance.title}</h2>
          <Facts facts={factsOf(t, standing)} />
        </section>
      )}
      {may('delegated:profile:login-history:read') && <SignIns standing={standing} />}
    </>,
  )
}

function Restriction({ standing: { principal, user } }: { standing: Standing }) {
  const texts = useTexts().account.overview.restricted
  if (!principal.restricted) return null
  return (
    <section class="alert restriction">
      <h2>{texts.title}</h2>
      <p>
        {user.restrictedUntil === null ? texts.forGood : <Filled text={texts.until} with={{ time: <Time at={user.restrictedUntil} /> }} />}
      </p>
      {user.restrictedReason !== null && (
        <p>
          <Filled text={texts.reason} with={{ reason: <Isolated>{user.restrictedReason}</Isolated> }} />
        </p>
      )}
      <p>{texts.help}</p>
    </section>
  )
}

function Identity({ c, standing: { user } }: { c: Context; standing: Standing }) {
  const t = useTexts().account.overview
  return (
    <section class="panel identity">
      <img class="face" src={pictureUrl(c.var.ctx, user, 512)} alt="" width="72" height="72" />
      <div>
        <h2>
          <Isolated>{nameOf(user)}</Isolated>
        </h2>
        <p>
          <Isolated>@{user.username}</Isolated>
        </p>
        <p>
          {user.email === null ? (
            t.address.none
          ) : (
            <>
              <Isolated>{user.email}</Isolated>
              <span class={user.emailVerifiedAt === null ? 'tag bad' : 'tag'}>
                {user.emailVerifiedAt === null ? t.address.unconfirmed : t.address.confirmed}
              </span>
            </>
          )}
        </p>
      </div>
      <a class="button secondary" href="/account/profile">
        {t.editProfile}
      </a>
    </section>
  )
}

function factsOf(t: Texts, standing: Standing): (readonly [string, Child])[] {
  const texts = t.account.overview.glance
  const { hasPassword, passkeys, providers, secondFactors, recoveryCodes, browsers, apps, files } = standing
  const ways = [
    ...(hasPassword ? [<a href="/account/password">{texts.password}</a>] : []),
    ...(passkeys > 0 ? [<a href="/account/passkeys">{plural(t, texts.passkeys, passkeys)}</a>] : []),
    ...(providers > 0 ? [<a href="/account/providers">{plural(t, texts.providers, providers)}</a>] : []),
  ]
  const factors = [
    ...secondFactors.map((kind) => texts[kind]),
    ...(secondFactors.length > 0 ? [plural(t, texts.recoveryCodes, recoveryCodes)] : []),
  ]
  return [
    [texts.ways, <Lines lines={ways.length === 0 ? [texts.mail] : ways} />],
    [
      texts.secondStep,
      <Lines
        lines={[
          <a href="/account/two-step">{secondFactors.length > 0 ? texts.on : isPasskeyOnly(standing) ? texts.byPasskey : texts.off}</a>,
          ...factors,
        ]}
      />,
    ],
    [texts.devices, <a href="/account/sessions">{plural(t, texts.deviceCount, browsers)}</a>],
    [texts.apps, <a href="/account/apps">{apps === 0 ? texts.noApps : plural(t, texts.appCount, apps)}</a>],
    [
      texts.storage,
      <a href="/account/files">{files === 0 ? texts.noFiles : fill(plural(t, texts.used, files), { bytes: bytes(t, standing.bytes) })}</a>,
    ],
  ]
}

function Lines({ lines }: { lines: readonly Child[] }) {
  return (
    <>
      {lines.map((line) => (
        <span class="line">{line}</span>
      ))}
    </>
  )
}

function SignIns({ standing: { signIns } }: { standing: Standing }) {
  const all = useTexts()
  const t = all.account.overview.signIns
  return (
    <section class="panel">
      <h2>{t.title}</h2>
      {signIns.length === 0 ? (
        <p>{t.none}</p>
      ) : (
        <ul class="rows">
          {signIns.map((event) => (
            <li>
              <h3>
                <Device userAgent={event.userAgent} />
                {event.type === 'sign_in_failed' && <span class="tag bad">{t.failed}</span>}
              </h3>
              <p>
                <Where event={{ ...event, userAgent: null }} />
                <Time at={event.createdAt} />
              </p>
            </li>
          ))}
        </ul>
      )}
      <p class="links">
        <a href="/account/activity">{t.all}</a>
      </p>
    </section>
  )
}
