/** `/admin/webhooks/new` and `/admin/webhooks/edit`: the form of an endpoint, and then the secret of a new one, shown once. */
import { type Context, Hono } from 'hono'
import type { Gate } from '../../../core/gate.ts'
import { ENDPOINT_KINDS, PAYLOAD_SCOPES } from '../../../core/webhooks/endpoint-plans.ts'
import { changeEndpoint, createEndpoint, getEndpointForm, type WebhookEndpoint } from '../../../core/webhooks/endpoints.ts'
import { EVENT_TYPE_NAMES } from '../../../core/webhooks/event-types.ts'
import { DESCRIPTION_LENGTH_MAX } from '../../../core/webhooks/limits.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { toHex, type WebhookEndpointId } from '../../../ids.ts'
import { fill } from '../../../texts/texts.ts'
import { form, formToken } from '../../form-token.ts'
import { Form, type FormState, Input, Submit, UNTOUCHED } from '../../forms.tsx'
import { showPage } from '../../layout.tsx'
import { redirectWith } from '../../notices.ts'
import { textsOf, useTexts } from '../../texts.tsx'
import { CheckBox } from '../check-box.tsx'
import { SignInAgain, takeTyped, wordsOfRefusal } from '../confirm.tsx'
import type { Shown } from '../scope-choices.tsx'
import { showSecrets } from '../secrets.tsx'
import { EndpointForm, EVENT, NewEndpointForm, SCOPE, toFields, toShown } from './fields.ts'
import { about, EDIT, NEW, WEBHOOKS, wantedEndpoint } from './paths.ts'
import { nameOf, typeNames } from './words.tsx'

export const webhookForms = new Hono<AppEnv>()
  .get(NEW, requires('admin:webhook:write'), (c) => showForm(c, c.var.gate, null, UNTOUCHED))
  .post(NEW, requires('admin:webhook:write'), form('webhook-new', NewEndpointForm), (c) =>
    takeTyped(c, c.req.valid('form'), {
      act: async ({ id, kind = 'https', ...values }) => {
        const { url, ...fields } = toFields(values)
        const input = { ...fields, kind, url: kind === 'queue' ? '' : url }
        const { endpoint, secret } = await createEndpoint(c.var.ctx, c.var.gate, input, id)
        const t = await textsOf(c)
        return showSecrets(c, {
          section: WEBHOOKS,
          title: fill(t.console.clients.readyTitle, { name: nameOf(t, endpoint) }),
          secrets: kind === 'queue' ? [] : [{ label: t.console.webhooks.secret, value: secret }],
          next: about(id),
        })
      },
      again: (state) => {
        if (state.error?.code === 'already_exists') return c.var.gate().then(() => redirectWith(c, WEBHOOKS, 'repeated'))
        return showForm(c, c.var.gate, null, state)
      },
    }),
  )
  .get(EDIT, requires('admin:webhook:write'), (c) => showForm(c, c.var.gate, wantedEndpoint(c), UNTOUCHED))
  .post(EDIT, requires('admin:webhook:write'), form('webhook-edit', EndpointForm), (c) => {
    const id = wantedEndpoint(c)
    return takeTyped(c, c.req.valid('form'), {
      act: async ({ version, ...values }) => {
        await changeEndpoint(c.var.ctx, c.var.gate, id, toFields(values), version)
        return redirectWith(c, about(id), 'saved')
      },
      again: (state) => showForm(c, c.var.gate, id, state),
    })
  })

async function showForm(c: Context, gate: Gate, id: WebhookEndpointId | null, state: FormState): Promise<Response> {
  const endpoint = await getEndpointForm(c.var.ctx, gate, id, state.error !== null)
  const t = await textsOf(c)
  const { webhooks, registry } = t.console
  const shown = state.error ? state.typed : endpoint ? toShown(endpoint) : {}
  // Whoever sends it again has been told that it replaces what somebody else has changed.
  const isOutdated = state.error?.code === 'precondition_failed'
  const title = endpoint ? webhooks.editTitle : webhooks.new
  return showPage(
    c,
    { title, section: WEBHOOKS, ...(endpoint && { lead: <bdi>{nameOf(t, endpoint)}</bdi> }), error: state.error },
    <Form
      action={endpoint ? about(endpoint.id, EDIT) : NEW}
      token={await formToken(c, endpoint ? 'webhook-edit' : 'webhook-new')}
      state={wordsOfRefusal(t, state)}
      labels={webhooks.fields}
    >
      <SignInAgain state={state} />
      {endpoint ? (
        <input type="hidden" name="version" value={isOutdated ? endpoint.updatedAt : (shown.version ?? endpoint.updatedAt)} />
      ) : (
        <input type="hidden" name="id" value={shown.id ?? toHex(c.var.ctx.newId())} />
      )}
      <Receiver endpoint={endpoint} hasQueue={c.var.ctx.eventQueue !== null} shown={shown} state={state} />
      <Events shown={shown} />
      <fieldset id="scope">
        <legend>{webhooks.fields.scope}</legend>
        <p class="hint">{webhooks.hints.scope}</p>
        {PAYLOAD_SCOPES.map((one) => (
          <CheckBox name={SCOPE + one} isOn={shown[SCOPE + one] === 'on'}>
            {webhooks.scopes[one]}
          </CheckBox>
        ))}
      </fieldset>
      <Submit>{endpoint ? registry.save : webhooks.new}</Submit>
    </Form>,
  )
}

interface ReceiverProps {
  readonly endpoint: WebhookEndpoint | null
  readonly hasQueue: boolean
  readonly shown: Shown
  readonly state: FormState
}

/** A new one can be the queue, if there is one. It cannot become another later. */
function Receiver({ endpoint, hasQueue, shown, state }: ReceiverProps) {
  const { fields: labels, hints, kinds } = useTexts().console.webhooks
  const common = { labels, state }
  const hasChoice = endpoint === null && hasQueue
  return (
    <>
      {hasChoice && (
        <fieldset id="kind">
          <legend>{labels.kind}</legend>
          <div class="choices">
            {ENDPOINT_KINDS.map((kind) => (
              <label class="choice">
                <input type="radio" name="kind" value={kind} checked={kind === (shown.kind ?? 'https')} />
                <span>{kinds[kind]}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      {endpoint?.kind !== 'queue' && (
        <Input name="url" type="url" {...common} value={shown.url} hint={hints.url} optional={hasChoice && 'unmarked'} />
      )}
      <Input
        name="description"
        {...common}
        value={shown.description}
        hint={hints.description}
        maxlength={DESCRIPTION_LENGTH_MAX}
        optional
      />
    </>
  )
}

const GROUPS = ['user', 'session', 'follow', 'block', 'file', 'consent'] as const

function Events({ shown }: { shown: Shown }) {
  const t = useTexts()
  const { fields, hints, groups, allEvents } = t.console.webhooks
  const names = typeNames(t)
  const isOn = (type: string) => shown[EVENT + type] === 'on'
  return (
    <fieldset id="events">
      <legend>{fields.events}</legend>
      <CheckBox name={`${EVENT}*`} isOn={isOn('*')} hint={hints.allEvents}>
        {allEvents}
      </CheckBox>
      {GROUPS.map((group) => {
        const types = EVENT_TYPE_NAMES.filter((type) => type.startsWith(`${group}.`))
        return (
          <details class="tree" open={types.some(isOn)}>
            <summary>{groups[group]}</summary>
            <ul>
              {types.map((type) => (
                <li>
                  <CheckBox name={EVENT + type} isOn={isOn(type)} hint={<code>{type}</code>}>
                    {names[type]}
                  </CheckBox>
                </li>
              ))}
            </ul>
          </details>
        )
      })}
    </fieldset>
  )
}
