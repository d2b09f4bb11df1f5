/**
 * `/admin/people/several/<act>`: one act on those who were chosen in the list. It asks once, then works through them a few at a time:
 * each step is a form, which the script of the pages sends by itself (`src/browser/bulk.ts`).
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { actOnEach, getChosen, type Verdict } from '../../../core/admin/bulk.ts'
import { reason } from '../../../core/admin/fields.ts'
import type { TargetRow } from '../../../core/admin/person.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fromHex, toHex, type UserId } from '../../../ids.ts'
import { fill, number, plural, type Texts } from '../../../texts/texts.ts'
import { form, formToken } from '../../form-token.ts'
import { Form, type FormState, Input, Submit, UNTOUCHED } from '../../forms.tsx'
import { showPage } from '../../layout.tsx'
import { redirectWith } from '../../notices.ts'
import { optionalText } from '../../optional-text.ts'
import { textsOf, useTexts } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { Tag } from '../tags.tsx'
import { endOf, slugOf } from './acts.ts'
import { BULK_ACTS, type BulkAct } from './bulk-acts.ts'
import { PEOPLE, pathOf } from './paths.ts'
import { Called } from './words.tsx'

/** As many as the list shows. */
const CHOSEN_MAX = 25
const STEP = 10
/** A letter for each verdict so far, in the order of the people. */
const LETTERS: Readonly<Record<Verdict, string>> = { done: 'd', earlier: 'e', forbidden: 'f', missing: 'm', failed: 'x' }
const VERDICTS = Object.fromEntries(Object.entries(LETTERS).map(([verdict, letter]) => [letter, verdict as Verdict]))

const StepForm = z.object({
  reason: optionalText(reason),
  until: z
    .string()
    .regex(/^\d{0,15}$/, 'is wrong')
    .transform((v) => (v === '' ? null : Number(v))),
  told: z.string().regex(/^[defmx]{0,25}$/, 'is wrong'),
})
type Step = z.output<typeof StepForm>

export const bulkPages = new Hono<AppEnv>()

for (const act of BULK_ACTS) {
  const path = `${PEOPLE}/several/${slugOf(act.name)}`
  bulkPages.get(path, requires(act.scope), (c) => ask(c, act))
  bulkPages.post(path, requires(act.scope), form(`several-${act.name}`, StepForm), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      act: async (step) => {
        const ids = chosenIn(c)
        const term = { reason: step.reason, until: step.until }
        const userIds = ids.slice(step.told.length, step.told.length + STEP)
        const verdicts = await actOnEach(c.var.ctx, c.var.gate, { run: runIn(c), userIds }, (userId) =>
          act.act(c.var.ctx, c.var.gate, userId, term),
        )
        const told = step.told + verdicts.map((verdict) => LETTERS[verdict]).join('')
        const { people } = await getChosen(c.var.gate, ids)
        return showProgress(c, act, { ids, people, step: { ...step, told } })
      },
      again: (state) => ask(c, act, state),
    }),
  )
}

/** In the address, so that the page can be opened again. Each once. */
function chosenIn(c: Context): UserId[] {
  const ids = (c.req.queries('person') ?? []).flatMap((text) => fromHex<UserId>(text) ?? [])
  return [...new Set(ids)].slice(0, CHOSEN_MAX)
}

/** Which run it is; in the address too, so that whoever had to sign in again goes on with it. */
function runIn(c: Context): string {
  const run = c.req.query('run') ?? ''
  return /^[\da-f-]{36}$/.test(run) ? run : crypto.randomUUID()
}

const addressOf = (act: BulkAct, ids: readonly UserId[], run: string) =>
  `${PEOPLE}/several/${slugOf(act.name)}?${new URLSearchParams([['run', run], ...ids.map((id) => ['person', toHex(id)])])}`

async function ask(c: Context, act: BulkAct, state: FormState = UNTOUCHED): Promise<Response> {
  const { principal, people } = await getChosen(c.var.gate, chosenIn(c))
  if (people.length === 0) return redirectWith(c, PEOPLE, 'nobody_chosen')
  const t = await textsOf(c)
  const { bulk, title } = t.console.people
  const isForbidden = ({ ranking }: TargetRow) => ranking <= principal.ranking
  const until = act.isSanction ? String(endOf(c.var.ctx.now(), 'week')) : ''
  const labels = { reason: t.console.person.labels.reason, until: title, told: title }
  return showConfirmation(c, {
    section: PEOPLE,
    title: bulk.acts[act.name].title,
    lead: `${bulk.acts[act.name].lead} ${plural(t, bulk.count, people.length)}`,
    action: addressOf(
      act,
      people.map(({ id }) => id),
      runIn(c),
    ),
    purpose: `several-${act.name}`,
    submit: bulk.acts[act.name].button,
    back: PEOPLE,
    ...(act.isDangerous ? { isDangerous: true } : {}),
    state,
    labels,
    children: (
      <>
        <ul class="list">
          {people.map((person) => (
            <Line person={person}>{isForbidden(person) && <Tag kind="bad">{bulk.verdicts.forbidden}</Tag>}</Line>
          ))}
        </ul>
        {act.isSanction ? (
          <Input name="reason" labels={labels} state={state} optional maxlength={256} hint={t.console.person.hints.reason} />
        ) : (
          <input type="hidden" name="reason" value="" />
        )}
        <input type="hidden" name="until" value={until} />
        <input type="hidden" name="told" value="" />
      </>
    ),
  })
}

interface Progress {
  readonly ids: readonly UserId[]
  readonly people: readonly TargetRow[]
  readonly step: Step
}

/** The verdicts so far and, unless that was all, the form of the next step. */
async function showProgress(c: Context, act: BulkAct, { ids, people, step }: Progress): Promise<Response> {
  const t = await textsOf(c)
  const { bulk } = t.console.people
  const isOver = step.told.length >= ids.length
  const values = { done: number(t, step.told.length), all: number(t, ids.length) }
  const token = await formToken(c, `several-${act.name}`)
  return showPage(
    c,
    { title: isOver ? bulk.over : bulk.working, section: PEOPLE },
    <>
      <p class="lead" role="status">
        {fill(bulk.progress, values)}
      </p>
      <progress max={ids.length} value={step.told.length} aria-label={fill(bulk.progress, values)} />
      {isOver ? (
        <p class="buttons">
          <a class="button" href={PEOPLE}>
            {bulk.back}
          </a>
        </p>
      ) : (
        <Form action={addressOf(act, ids, runIn(c))} token={token} class="steps-on">
          {Object.entries({ ...step, reason: step.reason ?? '', until: step.until === null ? '' : String(step.until) }).map(
            ([name, value]) => (
              <input type="hidden" name={name} value={value} />
            ),
          )}
          <Submit>{bulk.goOn}</Submit>
        </Form>
      )}
      <ul class="list">
        {ids.map((id, index) => (
          <Line person={people.find((one) => one.id === id) ?? null}>
            <VerdictTag verdict={VERDICTS[step.told[index] ?? '']} words={bulk.verdicts} />
          </Line>
        ))}
      </ul>
    </>,
  )
}

function VerdictTag({ verdict, words }: { verdict: Verdict | undefined; words: Texts['console']['people']['bulk']['verdicts'] }) {
  if (verdict === undefined) return <Tag kind="plain">{words.waiting}</Tag>
  return <Tag kind={verdict === 'done' ? 'good' : verdict === 'earlier' ? 'plain' : 'bad'}>{words[verdict]}</Tag>
}

function Line({ person, children }: { person: TargetRow | null; children: unknown }) {
  const { verdicts } = useTexts().console.people.bulk
  return (
    <li>
      <div>
        {person === null ? (
          verdicts.missing
        ) : (
          <a href={pathOf(person.id)}>
            <Called user={person} />
          </a>
        )}
      </div>
      {children}
    </li>
  )
}
