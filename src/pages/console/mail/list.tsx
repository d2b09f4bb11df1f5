/** `/admin/mail`: what waits to be sent, what was given up and why, and what was sent. */
import { type Context, Hono } from 'hono'
import { type ListedMail, MAIL_STATES, type MailState, type OutboxFigures, readOutbox } from '../../../core/admin/mails.ts'
import { WAITING_MAX } from '../../../core/admin/statistics.ts'
import type { Listed } from '../../../core/paging.ts'
import { coveredBy } from '../../../core/scopes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fromHex, toHex } from '../../../ids.ts'
import { subjectOf } from '../../../mail/messages.ts'
import { fill, number, type Texts } from '../../../texts/texts.ts'
import { Isolated } from '../../isolated.tsx'
import { showPage } from '../../layout.tsx'
import { type Column, Facts, NextPage, Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Time } from '../../time.tsx'
import { Tag } from '../tags.tsx'
import { errorInWords } from './words.ts'

export const MAIL_PATH = '/admin/mail'
const SHOWN = 25

export const mailListPage = new Hono<AppEnv>().get(MAIL_PATH, requires('admin:mail:read'), async (c) => {
  const state = stateOf(c.req.query('state'))
  const before = fromHex(c.req.query('after') ?? '')
  const { figures, mails } = await readOutbox(c.var.ctx, c.var.gate, state, { limit: SHOWN, before })
  return show(c, { figures, mails, state })
})

const stateOf = (text = ''): MailState => MAIL_STATES.find((state) => state === text) ?? 'failed'

interface Shown {
  readonly figures: OutboxFigures
  readonly mails: Listed<ListedMail>
  readonly state: MailState
}

async function show(c: Context, { figures, mails, state }: Shown): Promise<Response> {
  const t = await textsOf(c)
  const words = t.console.mail
  const mayRetry = coveredBy(c.get('viewer')?.principal.scopes ?? [], 'admin:mail:write')
  const { records, next } = mails
  const canRetry = mayRetry && records.some(({ isRetryable }) => isRetryable)
  return showPage(
    c,
    { title: words.title, lead: words.lead, section: MAIL_PATH, isWide: true },
    <>
      <Figures figures={figures} />
      <ul class="states">
        {MAIL_STATES.map((one) => (
          <li>
            <a href={`${MAIL_PATH}?state=${one}`} aria-current={one === state ? 'page' : undefined}>
              {words.states[one]}
            </a>
          </li>
        ))}
      </ul>
      <Table
        caption={words.states[state]}
        columns={columnsOf(t, c.var.ctx.config.brand.name, mayRetry && state === 'failed')}
        rows={records}
        empty={words.none[state]}
      />
      <NextPage action={MAIL_PATH} query={{ state }} after={next === null ? null : toHex(next)} text={words.more} />
      <p class="links">
        {canRetry && <a href={`${MAIL_PATH}/retry-all`}>{words.retryAll}</a>} <a href={`${MAIL_PATH}/templates`}>{words.templates}</a>
      </p>
    </>,
  )
}

function Figures({ figures: { waiting, oldestAt, sent, failed } }: { figures: OutboxFigures }) {
  const t = useTexts()
  const words = t.console.mail
  const count = waiting > WAITING_MAX ? fill(words.moreThan, { count: number(t, WAITING_MAX) }) : number(t, waiting)
  return (
    <div class="panel figures">
      <Facts
        facts={[
          [words.waiting, <strong>{count}</strong>],
          [words.oldest, oldestAt === null ? words.nothingWaits : <Time at={oldestAt} />],
          [words.sentIn30Days, <strong>{number(t, sent)}</strong>],
          [words.failedIn30Days, <strong>{number(t, failed)}</strong>],
        ]}
      />
    </div>
  )
}

function columnsOf(t: Texts, product: string, hasRetry: boolean): Column<ListedMail>[] {
  const words = t.console.mail
  const columns: Column<ListedMail>[] = [
    { title: words.mail, cell: (mail) => subjectOf(t, mail.kind, product) },
    { title: words.to, cell: (mail) => <Recipient mail={mail} /> },
    { title: words.queued, cell: ({ createdAt }) => <Time at={createdAt} /> },
    { title: words.attempts, cell: ({ attempts }) => number(t, attempts), isNumber: true },
    { title: words.outcome, cell: (mail) => <Outcome mail={mail} /> },
  ]
  return hasRetry ? [...columns, { title: words.act, cell: (mail) => <Retry mail={mail} /> }] : columns
}

function Recipient({ mail: { toAddress, recipient } }: { mail: ListedMail }) {
  return (
    <>
      {toAddress !== null && <Isolated>{toAddress}</Isolated>}
      {toAddress !== null && recipient && <br />}
      {recipient && <a href={`/admin/people/${toHex(recipient.id)}`}>{recipient.username}</a>}
      {toAddress === null && !recipient && '–'}
    </>
  )
}

function Outcome({ mail: { state, sentAt, failedAt, nextAttemptAt, error } }: { mail: ListedMail }) {
  const t = useTexts()
  const words = t.console.mail
  if (state === 'sent') return <Time at={sentAt ?? 0} />
  return (
    <>
      {state === 'failed' ? <Tag kind="bad">{words.givenUp}</Tag> : words.nextTry} <Time at={failedAt ?? nextAttemptAt} />
      {error !== null && (
        <>
          <br />
          {errorInWords(t, error)}
        </>
      )}
    </>
  )
}

function Retry({ mail: { id, kind, isRetryable } }: { mail: ListedMail }) {
  const t = useTexts()
  const words = t.console.mail
  if (!isRetryable) return <>{words.notRetryable}</>
  return (
    <a href={`${MAIL_PATH}/retry?mail=${toHex(id)}`} aria-label={`${words.retry}: ${subjectOf(t, kind, '')}`}>
      {words.retry}
    </a>
  )
}
