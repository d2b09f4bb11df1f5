/** `/admin/people/:id/<act>`: asks once before each act, says to whom, and carries it out. */
import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { getSeenWithChoices, type Seen } from '../../../core/admin/person.ts'
import { rankError } from '../../../core/admin/rank.ts'
import { AppError } from '../../../core/errors.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import type { Texts } from '../../../texts/texts.ts'
import { form } from '../../form-token.ts'
import { type FormState, Input, type Labels, Select, UNTOUCHED } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { Filled, textsOf, useTexts } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { ACTS, type ActFields, type PersonAct, slugOf, TERM_NAMES } from './acts.ts'
import { PEOPLE, PERSON, pathOf, personIn } from './paths.ts'
import { Called } from './words.tsx'

export const actPages = new Hono<AppEnv>()

for (const act of ACTS) {
  const path = `${PERSON}/${slugOf(act.name)}`
  actPages.get(path, requires(act.scope), (c) => ask(c, act))
  actPages.post(path, requires(act.scope), form(`person-${act.name}`, act.schema), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      act: async (values) => {
        const userId = personIn(c)
        await act.act(c.var.ctx, c.var.gate, userId, values)
        return redirectWith(c, pathOf(userId), act.notice)
      },
      again: async (state) => ask(c, act, wordUntil(await textsOf(c), state)),
    }),
  )
}

/** Whatever is wrong with the date on which something ends is one sentence. */
function wordUntil({ console: { person } }: Texts, state: FormState): FormState {
  if (!state.error?.fields.some(({ path }) => path === 'until')) return state
  const { fields, code } = state.error
  const worded = fields.map((one) => (one.path === 'until' ? ({ ...one, code: 'worded', message: person.untilWrong } as const) : one))
  return { ...state, error: AppError.ofFields(worded, code) }
}

async function ask(c: Context, act: PersonAct, state: FormState = UNTOUCHED): Promise<Response> {
  const seen = await getSeenWithChoices(c.var.gate, personIn(c))
  if (!seen.isBelow && !state.error) throw rankError()
  const t = await textsOf(c)
  const words = t.console.person.acts[act.name]
  const labels = t.console.person.labels
  return showConfirmation(c, {
    section: PEOPLE,
    title: words.title,
    lead: <Filled<string> text={words.lead} with={{ name: <Called user={seen.user} /> }} />,
    action: pathOf(seen.user.id, `/${slugOf(act.name)}`),
    purpose: `person-${act.name}`,
    submit: words.button,
    back: pathOf(seen.user.id),
    ...(act.isDangerous ? { isDangerous: true } : {}),
    state,
    labels,
    children: act.fields && FIELDS[act.fields]({ ...seen, state, labels, session: state.typed.session ?? c.req.query('session') ?? '' }),
  })
}

type FieldsProps = Awaited<ReturnType<typeof getSeenWithChoices>> & { state: FormState; labels: Labels; session: string }

const FIELDS: Readonly<Record<ActFields, (props: FieldsProps) => Child>> = {
  sanction: (props) => <SanctionFields {...props} />,
  role: (props) => <RoleField {...props} />,
  names: (props) => <NameFields {...props} />,
  factor: (props) => <FactorField {...props} />,
  session: ({ session }) => <input type="hidden" name="session" value={session} />,
}

function SanctionFields({ state, labels }: Pick<FieldsProps, 'state' | 'labels'>) {
  const { terms, hints } = useTexts().console.person
  return (
    <>
      <Input name="reason" labels={labels} state={state} optional maxlength={256} hint={hints.reason} />
      <div class="pair">
        <Select name="term" labels={labels} state={state} value="week" choices={TERM_NAMES.map((name) => [name, terms[name]] as const)} />
        <Input name="until" type="date" labels={labels} state={state} optional />
      </div>
    </>
  )
}

/** Only what the viewer may give. */
function RoleField({ user, principal, roles, state, labels }: FieldsProps & Seen) {
  const choices = roles.filter(({ ranking }) => ranking > principal.ranking).map(({ id, displayName }) => [id, displayName] as const)
  return <Select name="role" labels={labels} state={state} value={user.role} choices={choices} />
}

function NameFields({ user, state, labels }: FieldsProps) {
  const { hints } = useTexts().console.person
  return (
    <>
      <Input name="username" labels={labels} state={state} value={user.username} maxlength={30} code />
      <Input name="email" type="email" labels={labels} state={state} value={user.email} optional hint={hints.email} />
    </>
  )
}

/** Only what they have; "all" only where it says more. */
function FactorField({ factors, state, labels }: Pick<FieldsProps, 'factors' | 'state' | 'labels'>) {
  const { factorChoices, hints, none } = useTexts().console.person
  const kinds = [...factors, ...(factors.includes('totp') && factors.includes('email') ? (['all'] as const) : [])]
  if (kinds.length === 0) return <p>{none}</p>
  const choices = kinds.map((kind) => [kind, factorChoices[kind]] as const)
  return <Select name="kind" labels={labels} state={state} value={null} choices={choices} hint={hints.kind} />
}
