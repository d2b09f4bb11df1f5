/** `/account/apps`: connected apps, what each may do, and how to take back one scope or all of it. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { isDocumentClientId } from '../../core/oauth/client-documents.ts'
import { type ConnectedApp, disconnectApp, listConnectedApps, type UsedScope } from '../../core/oauth/connected-apps.ts'
import { CLIENT_URI_LENGTH_MAX } from '../../core/oauth/limits.ts'
import { heldScope, withdrawScope } from '../../core/oauth/scope-withdrawal.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { fill, plural, type Texts } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, Submit, take } from '../forms.tsx'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { scopeText } from '../scope-texts.ts'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'

const PATH = '/account/apps'
const REMOVE = `${PATH}/remove`
const WITHDRAW = `${PATH}/withdraw`
const client = z.string().min(1, 'is required').max(CLIENT_URI_LENGTH_MAX, 'is too long')
const RemoveForm = z.object({ client })
const WithdrawForm = z.object({ client, scope: heldScope })

export const appsPages = new Hono<AppEnv>()
  .get(PATH, requires('delegated:session:read'), async (c) => showList(c, await listConnectedApps(c.var.ctx, c.var.gate)))
  .get(REMOVE, requires('delegated:session:read'), async (c) => {
    const apps = await listConnectedApps(c.var.ctx, c.var.gate)
    const app = apps.find(({ clientId }) => clientId === c.req.query('client'))
    return app ? showQuestion(c, app) : c.redirect(PATH, 303)
  })
  .post(REMOVE, requires('delegated:session:write'), form('app-remove', RemoveForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ client }) => {
        await disconnectApp(c.var.ctx, c.var.gate, client)
        return redirectWith(c, PATH, 'app_removed')
      },
      // Sends the user back to the confirmation page, which has a valid token.
      again: async () => {
        await c.var.gate()
        return redirectWith(c, PATH, 'not_removed')
      },
    }),
  )
  .get(WITHDRAW, requires('delegated:session:read'), async (c) => {
    const apps = await listConnectedApps(c.var.ctx, c.var.gate)
    const app = apps.find(({ clientId }) => clientId === c.req.query('client'))
    const scope = app && withdrawableOf(app).find(({ scope }) => scope === c.req.query('scope'))
    return app && scope ? showScopeQuestion(c, app, scope) : c.redirect(PATH, 303)
  })
  .post(WITHDRAW, requires('delegated:session:write'), form('scope-withdraw', WithdrawForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ client, scope }) => {
        await withdrawScope(c.var.ctx, c.var.gate, client, scope)
        return redirectWith(c, PATH, 'scope_withdrawn')
      },
      again: async () => {
        await c.var.gate()
        return redirectWith(c, PATH, 'not_removed')
      },
    }),
  )

/** All but what makes it a sign-in at all. An app of the service itself is not asked for, so there is nothing to take back. */
function withdrawableOf({ isFirstParty, scopes }: ConnectedApp): readonly UsedScope[] {
  return isFirstParty || scopes.length === 1 ? [] : scopes.filter(({ scope }) => scope !== 'openid')
}

async function showList(c: Context, apps: readonly ConnectedApp[]): Promise<Response> {
  const t = (await textsOf(c)).account.apps
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead },
    apps.length === 0 ? (
      <section class="panel">
        <h2>{t.none.title}</h2>
        <p>{t.none.text}</p>
      </section>
    ) : (
      <ul class="list">
        {apps.map((app) => (
          <li>
            <div>
              <h2>
                <Isolated>{app.name}</Isolated>
                {isDocumentClientId(app.clientId) && <span class="host">{new URL(app.clientId).host}</span>}
              </h2>
              <p>{<Dates app={app} />}</p>
              <Scopes app={app} />
            </div>
            <a class="button secondary" href={`${REMOVE}?${new URLSearchParams({ client: app.clientId })}`}>
              {t.remove}
              <span class="unseen">
                {' '}
                <Isolated>{app.name}</Isolated>
              </span>
            </a>
          </li>
        ))}
      </ul>
    ),
  )
}

function Dates({ app: { connectedAt, lastUsedAt } }: { app: ConnectedApp }) {
  const t = useTexts().account
  return (
    <>
      <Filled text={t.connected} with={{ time: <Time at={connectedAt} /> }} />
      <br />
      {lastUsedAt === null ? t.apps.notInUse : <Filled text={t.lastUsed} with={{ time: <Time at={lastUsedAt} /> }} />}
    </>
  )
}

function Scopes({ app }: { app: ConnectedApp }) {
  const t = useTexts()
  const { scopes } = app
  if (scopes.length === 0) return null
  const withdrawable = withdrawableOf(app)
  return (
    <details>
      <summary>{plural(t, t.account.apps.can, scopes.length)}</summary>
      <ul class="rights">
        {scopes.map((scope) => (
          <li>
            <p>
              <Isolated>{describe(t, scope)}</Isolated>
              <small>
                {scope.lastUsedAt === null ? (
                  t.account.apps.noUse
                ) : (
                  <Filled text={t.account.lastUsed} with={{ time: <Time at={scope.lastUsedAt} /> }} />
                )}
              </small>
            </p>
            {withdrawable.includes(scope) && (
              <a href={`${WITHDRAW}?${new URLSearchParams({ client: app.clientId, scope: scope.scope })}`}>
                {t.account.apps.takeBack}
                <span class="unseen">
                  {' '}
                  <Isolated>{app.name}</Isolated>: <Isolated>{describe(t, scope)}</Isolated>
                </span>
              </a>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}

/** Of an API with its name, which is not under a heading here. */
function describe(t: Texts, { words }: UsedScope): string {
  return words.resource === null ? scopeText(t, words) : fill(t.scopes.ofApi, { api: words.area, scope: scopeText(t, words) })
}

async function showScopeQuestion(c: Context, app: ConnectedApp, used: UsedScope): Promise<Response> {
  const all = await textsOf(c)
  const t = all.account.apps.withdrawal
  const token = await formToken(c, 'scope-withdraw')
  const parts = {
    permission: (
      <strong>
        <Isolated>{describe(all, used)}</Isolated>
      </strong>
    ),
    app: <Isolated>{app.name}</Isolated>,
  }
  return showPage(
    c,
    { title: t.title, section: PATH, lead: <Filled text={t.lead} with={parts} /> },
    <Form action={WITHDRAW} token={token} class="answers">
      <input type="hidden" name="client" value={app.clientId} />
      <input type="hidden" name="scope" value={used.scope} />
      <Submit kind="danger">{t.submit}</Submit>
      <a class="button secondary" href={PATH}>
        {t.keep}
      </a>
    </Form>,
  )
}

async function showQuestion(c: Context, app: ConnectedApp): Promise<Response> {
  const t = (await textsOf(c)).account.apps.removal
  const token = await formToken(c, 'app-remove')
  const name = (
    <strong>
      <Isolated>{app.name}</Isolated>
    </strong>
  )
  return showPage(
    c,
    { title: t.title, section: PATH, lead: <Filled text={t.lead} with={{ app: name }} /> },
    <Form action={REMOVE} token={token} class="answers">
      <input type="hidden" name="client" value={app.clientId} />
      <Submit kind="danger">{t.submit}</Submit>
      <a class="button secondary" href={PATH}>
        {t.keep}
      </a>
    </Form>,
  )
}
