/** `/admin/audit`: who did what, with filters, and as a file. */
import { type Context, Hono } from 'hono'
import { AUDIT_FILE_MAX, AUDIT_GROUPS, type AuditLog, type AuditLogRow, readAuditLog, typesIn } from '../../../core/admin/audit-log.ts'
import { coveredBy, type Scope } from '../../../core/scopes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { judge } from '../../../http/validate.ts'
import { fromHex, timeOf, toHex } from '../../../ids.ts'
import { fill, number, type Texts } from '../../../texts/texts.ts'
import { form, formToken } from '../../form-token.ts'
import { ErrorSummary, Form, type FormState, Input, Submit, take, UNTOUCHED } from '../../forms.tsx'
import { Isolated } from '../../isolated.tsx'
import { showPage } from '../../layout.tsx'
import { FilterForm, NextPage, Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Time, timeText } from '../../time.tsx'
import { Device, Place } from '../../whereabouts.tsx'
import { auditFileResponse } from './file.ts'
import { AuditForm, AuditQuery, toFields, toFilter } from './query.ts'

const PATH = '/admin/audit'
const FILE = `${PATH}/file`
const ROWS = 25

export const auditPages = new Hono<AppEnv>()
  .get(PATH, requires('admin:audit:read'), (c) => {
    const typed = c.req.query()
    return take(
      c,
      { typed, values: typed, error: null },
      {
        act: async () => {
          const query = await judge('query', AuditQuery, typed)
          const before = fromHex(query.after ?? '')
          return show(c, toFields(query), await readAuditLog(c.var.ctx, c.var.gate, toFilter(query), { limit: ROWS, before }))
        },
        again: async (state) => {
          await c.var.gate()
          return show(c, typed, null, state)
        },
      },
    )
  })
  .post(FILE, requires('admin:audit:read'), form('audit-file', AuditForm), async (c) => {
    const sent = c.req.valid('form')
    if (!sent.values) {
      // Outdated or meddled with: the page has the right one.
      await c.var.gate()
      return c.redirect(PATH, 303)
    }
    return auditFileResponse(c.var.ctx, c.var.gate, toFilter(sent.values))
  })

type Fields = Readonly<Record<string, string>>

/** Without a log: a filter is wrong. */
async function show(c: Context, fields: Fields, log: AuditLog | null, state: FormState = UNTOUCHED): Promise<Response> {
  const t = await textsOf(c)
  const words = t.console.audit
  const token = await formToken(c, 'audit-file')
  const held = (c as Context<AppEnv>).get('viewer')?.principal.scopes ?? []
  return showPage(
    c,
    { title: words.title, lead: words.lead, section: PATH, isWide: true, error: state.error },
    <>
      <ErrorSummary state={state} labels={words.labels} />
      <Filter fields={fields} state={state} />
      {log && <Found log={log} fields={fields} held={held} token={token} />}
    </>,
  )
}

function Found({ log, fields, held, token }: { log: AuditLog; fields: Fields; held: readonly Scope[]; token: string }) {
  const t = useTexts()
  const words = t.console.audit
  return (
    <>
      <Events log={log} held={held} />
      {log.isCutShort && log.next !== null && <p class="aside">{fill(words.lookedBackTo, { time: timeText(t, timeOf(log.next)) })}</p>}
      <NextPage
        action={PATH}
        query={fields}
        after={log.next === null ? null : toHex(log.next)}
        text={log.isCutShort ? words.lookFurther : words.older}
      />
      <section class="panel">
        <h2>{words.file}</h2>
        <p>{fill(words.fileHint, { count: number(t, AUDIT_FILE_MAX) })}</p>
        <Form action={FILE} token={token}>
          {Object.keys(AuditForm.shape).map((name) => (
            <input type="hidden" name={name} value={fields[name] ?? ''} />
          ))}
          <Submit kind="secondary">{words.download}</Submit>
        </Form>
      </section>
    </>
  )
}

function Filter({ fields, state }: { fields: Fields; state: FormState }) {
  const t = useTexts()
  const { labels, groups, anyType, all, show } = t.console.audit
  const field = (name: keyof typeof labels) => ({ name, labels, state, optional: 'unmarked' as const, value: fields[name] })
  return (
    <FilterForm action={PATH} submit={show}>
      <Input {...field('person')} code maxlength={254} />
      <Input {...field('actor')} code maxlength={254} />
      <div class="field">
        <label for="type">{labels.type}</label>
        <select id="type" name="type">
          <option value="">{anyType}</option>
          {AUDIT_GROUPS.map((group) => (
            <optgroup label={groups[group]}>
              <option value={group} selected={fields.type === group}>
                {fill(all, { group: groups[group] })}
              </option>
              {typesIn(group).map((type) => (
                <option value={type} selected={fields.type === type}>
                  {eventWords(t, type)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </div>
      <Input {...field('from')} type="date" />
      <Input {...field('to')} type="date" />
    </FilterForm>
  )
}

/** What happened, in words. */
function eventWords(t: Texts, type: string): string {
  return (t.activity.events as Readonly<Record<string, string>>)[type] ?? type
}

function Events({ log, held }: { log: AuditLog; held: readonly Scope[] }) {
  const t = useTexts()
  const words = t.console.audit
  const person = coveredBy(held, 'admin:profile:read')
  const client = coveredBy(held, 'admin:client:read')
  return (
    <Table
      caption={words.title}
      columns={[
        { title: words.what, cell: (row: AuditLogRow) => <What row={row} words={eventWords(t, row.type)} /> },
        {
          title: words.labels.person,
          cell: ({ userId, username }) => userId !== null && <Who id={userId} name={username} isLinked={person} />,
        },
        { title: words.by, cell: ({ actorId, actorName }) => actorId !== null && <Who id={actorId} name={actorName} isLinked={person} /> },
        {
          title: words.app,
          cell: ({ clientId, clientName }) => clientId !== null && <App id={clientId} name={clientName} isLinked={client} />,
        },
        { title: words.where, cell: ({ userAgent, place }) => (userAgent || place) && <Where userAgent={userAgent} place={place} /> },
      ]}
      rows={log.records}
      empty={log.isCutShort ? words.noneSoFar : words.none}
    />
  )
}

function What({ row, words }: { row: AuditLogRow; words: string }) {
  return (
    <>
      {words}
      <span class="sub">
        <Time at={row.createdAt} />
      </span>
      {row.detail && (
        <span class="sub">
          <Isolated>{row.detail}</Isolated>
        </span>
      )}
    </>
  )
}

function Who({ id, name, isLinked }: { id: number; name: string | null; isLinked: boolean }) {
  const shown = <Isolated>{name ?? toHex(id)}</Isolated>
  return isLinked && name !== null ? <a href={`/admin/people/${toHex(id)}`}>{shown}</a> : shown
}

function App({ id, name, isLinked }: { id: string; name: string | null; isLinked: boolean }) {
  const shown = <Isolated>{name ?? id}</Isolated>
  return isLinked && name !== null ? <a href={`/admin/clients/client?id=${encodeURIComponent(id)}`}>{shown}</a> : shown
}

function Where({ userAgent, place }: { userAgent: string | null; place: string | null }) {
  return (
    <>
      {userAgent ? <Device userAgent={userAgent} /> : null}
      {place ? (
        <span class="sub">
          <Place place={place} />
        </span>
      ) : null}
    </>
  )
}
