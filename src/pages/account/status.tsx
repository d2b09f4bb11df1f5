/** `/account/status`: sets a message, availability and mood, optionally until a given time. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { statusMessage } from '../../core/fields.ts'
import { AVAILABILITIES, getOwnStatus, MOODS, setOwnStatus, type UserStatus } from '../../core/profiles/status.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Select, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { optionalText } from '../optional-text.ts'
import { Filled, textsOf } from '../texts.tsx'
import { Time } from '../time.tsx'

const PATH = '/account/status'
/** When it ends: in seconds. */
const ENDS = { never: '', halfHour: '1800', hour: '3600', fourHours: '14400', day: '86400', week: '604800' } as const
/** `none` is what an empty field says. */
const SHOWN_MOODS = MOODS.filter((mood) => mood !== 'none')

const StatusForm = z.object({
  statusMessage: optionalText(statusMessage),
  availability: z.enum(['', ...AVAILABILITIES], 'is not in the list'),
  mood: z.enum(['', ...MOODS], 'is not in the list'),
  lasts: z.enum(Object.values(ENDS), 'is not in the list'),
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

async function show(c: Context, status: UserStatus, state: FormState): Promise<Response> {
  const { notSet, ...all } = (await textsOf(c)).account
  const t = all.status
  const choices = <Name extends string>(names: readonly Name[], texts: Readonly<Record<Name, string>>) => [
    ['', notSet] as const,
    ...names.map((name) => [name, texts[name]] as const),
  ]
  const ends = Object.entries(ENDS).map(([name, seconds]) => [seconds, t.ends[name as keyof typeof ENDS]] as const)
  const tokens = [await formToken(c, 'status'), await formToken(c, 'status-clear')] as const
  const isSet = status.statusMessage !== null || status.availability !== null || status.mood !== null
  const end = status.expiresAt === null ? undefined : <Filled text={t.endsAt} with={{ time: <Time at={status.expiresAt} /> }} />
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead, error: state.error },
    <>
      <Form action={PATH} token={tokens[0]} state={state} labels={t.labels} class="panel">
        <Input name="statusMessage" labels={t.labels} state={state} value={status.statusMessage} maxlength={256} optional="unmarked" />
        <div class="pair">
          <Select
            name="availability"
            labels={t.labels}
            state={state}
            value={status.availability}
            choices={choices(AVAILABILITIES, t.availabilities)}
            optional="unmarked"
          />
          <Select
            name="mood"
            labels={t.labels}
            state={state}
            value={status.mood}
            choices={choices(SHOWN_MOODS, t.moods)}
            optional="unmarked"
          />
        </div>
        <Select name="lasts" labels={t.labels} state={state} value={null} choices={ends} hint={end} optional="unmarked" />
        <Submit>{t.submit}</Submit>
      </Form>
      {isSet && (
        <section class="panel">
          <h2>{t.clearing.title}</h2>
          <p>{t.clearing.text}</p>
          <Form action="/account/status/clear" token={tokens[1]}>
            <Submit kind="secondary">{t.clearing.submit}</Submit>
          </Form>
        </section>
      )}
    </>,
  )
}
