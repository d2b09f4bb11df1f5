/**
 * What the operator's commands share: validation by the atoms of the API, errors as text, audit events without a user.
 */
import type * as z from 'zod'
import type { Recorder } from '../../src/core/ctx.ts'
import { AppError } from '../../src/core/errors.ts'
import { type AuditEventId, newId } from '../../src/ids.ts'
import { type AuditEventType, insertAuditEvent } from '../../src/store/db/audit-events.ts'
import { type Fragment, idOf, type Statement } from '../../src/store/db/database.ts'
import { Refusal } from '../local.ts'

/** The value as the API would parse it; undefined if it was not given. Errors name the option. */
export function judge<S extends z.ZodType>(option: string, atom: S, value: unknown): z.output<S> | undefined {
  if (value === undefined) return undefined
  const result = atom.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Refusal(`${option}: ${shown(value, issue?.path[0])} ${issue?.message}`)
}

/** The same for a field that an empty text removes. */
export function judgeOrRemove<S extends z.ZodType>(option: string, atom: S, value: unknown): z.output<S> | null | undefined {
  return value === '' ? null : judge(option, atom, value)
}

/** Of an option that may be repeated: the wrong one, or all. */
function shown(value: unknown, index: PropertyKey | undefined): string {
  if (!Array.isArray(value)) return JSON.stringify(value)
  const wrong: readonly unknown[] = typeof index === 'number' ? [value[index]] : value
  return wrong.map((each) => JSON.stringify(each)).join(' ')
}

/** Says what is wrong with a call of `operator -- <command>`, and where to read about it. An `Error` is one of `parseArgs`. */
export function misuse(command: string, what: string | Error): Refusal {
  // The rest of what it says is about words that only look like options.
  const text = typeof what === 'string' ? what : what.message.replace(/\. .*/s, '')
  return new Refusal(`${text}\n\n  npm run operator -- ${command} --help describes it.`)
}

/** Shows an error of the core as it stands; `options` are those to name instead of a field. */
export async function withRefusals(run: () => Promise<void>, options: Readonly<Record<string, string>> = {}): Promise<void> {
  try {
    await run()
  } catch (error) {
    throw error instanceof AppError ? new Refusal(toText(error, options)) : error
  }
}

function toText({ fields, message: whole }: AppError, options: Readonly<Record<string, string>>): string {
  return fields.length === 0 ? whole : fields.map(({ path, message }) => `${options[path] ?? path}: ${message}`).join('\n')
}

/** What the operator's acts are recorded with: the operator has no account, device or place. */
export const OPERATOR: Recorder = {
  now: () => Date.now(),
  newId: () => newId(Date.now()),
  caller: {
    networkHash: '',
    device: null,
    isBeyondNetworkLimit: false,
    userAgent: 'operator',
    place: '',
    timeZone: '',
    locale: null,
    kind: 'anonymous',
    clientId: null,
  },
}

/** An audit event without a user. */
export function eventOfOperator(type: AuditEventType, detail: string, now: number, condition: Fragment): Statement<void> {
  const row = { id: newId<AuditEventId>(now), type, userAgent: OPERATOR.caller.userAgent, place: '', detail, createdAt: now }
  return insertAuditEvent(row, idOf(null), condition)
}
