/** `/admin/apis/new` and `/admin/apis/edit`: the form of an API. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Gate } from '../../../core/gate.ts'
import { changeApi, createApi, getApiForm } from '../../../core/oauth/api-registration.ts'
import { type Api, apiClaims, apiName, apiResource, apiScopes } from '../../../core/oauth/apis.ts'
import { accessTokenSeconds, clientId } from '../../../core/oauth/client-fields.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fill } from '../../../texts/texts.ts'
import { form, formToken } from '../../form-token.ts'
import { Form, type FormState, Input, Submit, TextArea, UNTOUCHED } from '../../forms.tsx'
import { showPage } from '../../layout.tsx'
import { redirectWith } from '../../notices.ts'
import { textsOf, useTexts } from '../../texts.tsx'
import { CheckBox } from '../check-box.tsx'
import { SignInAgain, takeTyped, wordsOfRefusal } from '../confirm.tsx'
import { checkBox, lines, linesOf, optional, typedNumber } from '../typed-fields.ts'
import { queryOf, wanted } from '../wanted.ts'

const SECTION = '/admin/apis'
const NEW = `${SECTION}/new`
const EDIT = `${SECTION}/edit`

/** `orders:read: See your orders`: the words begin after a colon that a space follows. */
const SCOPE_LINE = /^(\S+):\s+(.+)$/
const scopeLines = z.string().transform((text, refine) => {
  const scopes = linesOf(text).map((line) => SCOPE_LINE.exec(line))
  const wrong = scopes.indexOf(null)
  if (wrong >= 0) refine.addIssue({ code: 'custom', message: `line ${wrong + 1} must be a name, a colon, and words` })
  const found = apiScopes.safeParse(scopes.map((parts) => ({ name: parts?.[1] ?? '', description: parts?.[2] ?? '' })))
  if (found.success || wrong >= 0) return found.data ?? []
  const { path, message } = found.error.issues[0] ?? { path: [], message: 'is wrong' }
  refine.addIssue({ code: 'custom', message: typeof path[0] === 'number' ? `line ${path[0] + 1} ${message}` : message })
  return []
})

const fields = {
  name: apiName,
  scopes: scopeLines,
  claims: lines(apiClaims),
  access_token_seconds: optional(accessTokenSeconds, typedNumber),
  open_to_all: checkBox,
  server_client_id: optional(clientId),
}
const NewApiForm = z.object({ resource: apiResource, ...fields })
const ApiForm = z.object(fields)

const toFields = (values: z.output<typeof ApiForm>) => ({
  name: values.name,
  scopes: values.scopes,
  claims: values.claims,
  accessTokenSeconds: values.access_token_seconds,
  isOpenToAll: values.open_to_all,
  serverClientId: values.server_client_id,
})

export const apiForms = new Hono<AppEnv>()
  .get(NEW, requires('admin:client:write'), (c) => showForm(c, c.var.gate, null, UNTOUCHED))
  .post(NEW, requires('admin:client:write'), form('api-new', NewApiForm), (c) =>
    takeTyped(c, c.req.valid('form'), {
      act: async ({ resource, ...values }) => {
        await createApi(c.var.ctx, c.var.gate, { resource, ...toFields(values) })
        return redirectWith(c, SECTION, 'created')
      },
      again: (state) => showForm(c, c.var.gate, null, state),
    }),
  )
  .get(EDIT, requires('admin:client:write'), (c) => showForm(c, c.var.gate, wanted(c, 'resource', apiResource), UNTOUCHED))
  .post(EDIT, requires('admin:client:write'), form('api-edit', ApiForm), (c) => {
    const resource = wanted(c, 'resource', apiResource)
    return takeTyped(c, c.req.valid('form'), {
      act: async (values) => {
        await changeApi(c.var.ctx, c.var.gate, { resource, ...toFields(values) })
        return redirectWith(c, SECTION, 'saved')
      },
      again: (state) => showForm(c, c.var.gate, resource, state),
    })
  })

async function showForm(c: Context, gate: Gate, resource: string | null, state: FormState): Promise<Response> {
  const api = await getApiForm(c.var.ctx, gate, resource, state.error !== null)
  const t = await textsOf(c)
  const { apis, registry } = t.console
  const token = await formToken(c, api ? 'api-edit' : 'api-new')
  return showPage(
    c,
    { title: api ? apis.editTitle : apis.newTitle, section: SECTION, ...(api && { lead: <bdi>{api.name}</bdi> }), error: state.error },
    <Form action={api ? EDIT + queryOf('resource', api.resource) : NEW} token={token} state={wordsOfRefusal(t, state)} labels={apis.fields}>
      <SignInAgain state={state} />
      <Fields api={api} state={state} />
      <Submit>{api ? registry.save : apis.create}</Submit>
    </Form>,
  )
}

function Fields({ api, state }: { api: Api | null; state: FormState }) {
  const t = useTexts().console
  const { fields: labels, hints } = t.apis
  const common = { labels, state }
  const isOpen = state.error ? state.typed.open_to_all === 'on' : (api?.isOpenToAll ?? false)
  const scopes = api?.scopes.map(({ name, description }) => `${name}: ${description}`).join('\n') ?? ''
  return (
    <>
      {api === null && <Input name="resource" type="url" {...common} hint={hints.resource} first />}
      <Input name="name" {...common} value={api?.name} hint={hints.name} maxlength={128} />
      <TextArea name="scopes" {...common} value={scopes} rows={5} hint={hints.scopes} optional />
      <TextArea name="claims" {...common} value={api?.claims.join('\n') ?? ''} rows={2} hint={hints.claims} optional />
      <Input
        name="access_token_seconds"
        {...common}
        value={api?.accessTokenSeconds?.toString()}
        inputmode="numeric"
        hint={hints.access_token_seconds}
        optional
      />
      <Input
        name="server_client_id"
        {...common}
        value={api?.serverClientId}
        hint={fill(hints.server_client_id, { kind: t.clients.kindShort.service })}
        optional
        code
      />
      <CheckBox name="open_to_all" isOn={isOpen}>
        {labels.open_to_all}
      </CheckBox>
    </>
  )
}
