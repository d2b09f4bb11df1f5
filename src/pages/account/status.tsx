/** `/account/status`: sets a message, availability and mood, optionally until a given time. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { statusMessage } from '../../core/fields.ts'
import { AVAILABILITIES, getOwnStatus, MOODS, setOwnStatus, type UserStatus } from '../../core/profiles/status.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, type Labels, Select, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { optionalText } from '../optional-text.ts'
import { Time } from '../time.tsx'

const PATH = '/account/status'
const LABELS: Labels = { statusMessage: 'Message', availability: 'Availability', mood: 'Mood', lasts: 'Ends' }
const ENDS: readonly (readonly [seconds: string, label: string])[] = [
  ['', 'When I change it'],
  ['1800', 'In 30 minutes'],
  ['3600', 'In an hour'],
  ['14400', 'In 4 hours'],
  ['86400', 'In a day'],
  ['604800', 'In a week'],
]

const StatusForm = z.object({
  statusMessage: optionalText(statusMessage),
  availability: z.enum(['', ...AVAILABILITIES], 'is not in the list'),
  mood: z.enum(['', ...MOODS], 'is not in the list'),
  lasts: z.string().refine((v) => ENDS.some(([seconds]) => seconds === v), 'is not in the list'),
})

export const statusPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), async (c) => show(c, await getOwnStatus(c.var.ctx, c.var.gate), UNTOUCHED))
  .post(PATH, requires('delegated:profile:status:write'), form('status', StatusForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ statusMessage, availability, mood, lasts }) => {
        const { ctx, gate } = c.var
        await setOwnStatus(ctx, gate, {
          statusMessage,
          availability: availability || null,
          mood: mood || null,
          expiresAt: lasts === '' ? null : ctx.now() + Number(lasts) * 1_000,
        })
        return redirectWith(c, PATH, 'saved')
      },
      again: async (state) => show(c, await getOwnStatus(c.var.ctx, c.var.gate), state),
    }),
  )
  .post('/account/status/clear', requires('delegated:profile:status:write'), form('status-clear', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        await setOwnStatus(c.var.ctx, c.var.gate, null)
        return redirectWith(c, PATH, 'saved')
      },
      again: async (state) => show(c, await getOwnStatus(c.var.ctx, c.var.gate), state),
    }),
  )
  .get('/account/status/clear', requires('delegated:profile:read'), async (c) => {
    await c.var.gate()
    return c.redirect(PATH, 303)
  })

const words = (value: string) => value.charAt(0).toUpperCase() + value.slice(1).replaceAll('_', ' ')
const choices = (values: readonly string[]) => [['', 'Not set'] as const, ...values.map((value) => [value, words(value)] as const)]

async function show(c: Context, status: UserStatus, state: FormState): Promise<Response> {
  const tokens = [await formToken(c, 'status'), await formToken(c, 'status-clear')] as const
  const isSet = status.statusMessage !== null || status.availability !== null || status.mood !== null
  const ends = status.expiresAt === null ? undefined : <>It ends on {<Time at={status.expiresAt} />}.</>
  return showPage(
    c,
    {
      title: 'Status',
      section: PATH,
      lead: 'Others see it next to your name. Every field is optional.',
      error: state.error,
    },
    <>
      <Form action={PATH} token={tokens[0]} state={state} labels={LABELS} class="panel">
        <Input name="statusMessage" labels={LABELS} state={state} value={status.statusMessage} maxlength={256} optional="unmarked" />
        <div class="pair">
          <Select
            name="availability"
            labels={LABELS}
            state={state}
            value={status.availability}
            choices={choices(AVAILABILITIES)}
            optional="unmarked"
          />
          <Select name="mood" labels={LABELS} state={state} value={status.mood} choices={choices(MOODS.slice(1))} optional="unmarked" />
        </div>
        <Select name="lasts" labels={LABELS} state={state} value={null} choices={ENDS} hint={ends} optional="unmarked" />
        <Submit>Save</Submit>
      </Form>
      {isSet && (
        <section class="panel">
          <h2>Clear your status</h2>
          <p>Removes the message, availability and mood.</p>
          <Form action="/account/status/clear" token={tokens[1]}>
            <Submit kind="secondary">Clear status</Submit>
          </Form>
        </section>
      )}
    </>,
  )
}
