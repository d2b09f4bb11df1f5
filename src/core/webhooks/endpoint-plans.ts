/** The fields of an endpoint, one by one, and the rules that combine them. The admin API and the console send these. Stores nothing. */
import * as z from 'zod'
import type { WebhookEndpointId } from '../../ids.ts'
import type { AuditEventType } from '../../store/db/audit-events.ts'
import type { EndpointRow, ShownEndpointRow } from '../../store/db/webhook-endpoints.ts'
import type { Ctx } from '../ctx.ts'
import { AppError, type RefusedField } from '../errors.ts'
import { text } from '../texts.ts'
import { EVENT_TYPE_NAMES, type EventTypeName } from './event-types.ts'
import { DESCRIPTION_LENGTH_MAX, ENDPOINT_URL_LENGTH_MAX, ROTATION_HOURS_MAX } from './limits.ts'
import { isReachable } from './sending.ts'

export const ENDPOINT_KINDS = ['https', 'queue'] as const
export const PAYLOADS = ['thin', 'full'] as const
/** What a full payload can show of the user: the claims of these scopes (OpenID Connect Core §5.4). */
export const PAYLOAD_SCOPES = ['profile', 'email', 'phone', 'address'] as const

export type EndpointKind = (typeof ENDPOINT_KINDS)[number]
export type Payload = (typeof PAYLOADS)[number]
export type PayloadScope = (typeof PAYLOAD_SCOPES)[number]

export interface WebhookEndpoint {
  readonly id: WebhookEndpointId
  readonly kind: EndpointKind
  /** Empty for the queue. */
  readonly url: string
  readonly description: string
  /** `['*']`: all, and those that are added later. */
  readonly events: readonly (EventTypeName | '*')[]
  readonly payload: Payload
  readonly scope: readonly PayloadScope[]
  /** Until when the secret before signs as well; null if it does not. */
  readonly previousSecretUntil: number | null
  /** User name of the administrator. */
  readonly createdBy: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly disabledAt: number | null
  /** Empty: by an administrator. */
  readonly disabledReason: 'failing' | 'gone' | 'moved' | ''
  readonly failingSince: number | null
  readonly lastSuccessAt: number | null
}

export function toEndpoint(row: ShownEndpointRow): WebhookEndpoint {
  return {
    id: row.id,
    kind: row.kind as EndpointKind,
    url: row.url,
    description: row.description,
    events: row.events.split(' ') as WebhookEndpoint['events'],
    payload: row.payload as Payload,
    scope: row.scope.split(' ').filter(Boolean) as PayloadScope[],
    previousSecretUntil: row.previousSecretUntil,
    createdBy: row.createdByName,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    disabledAt: row.disabledAt,
    disabledReason: (row.disabledReason ?? '') as WebhookEndpoint['disabledReason'],
    failingSince: row.failingSince,
    lastSuccessAt: row.lastSuccessAt,
  }
}

// --- fields ------------------------------------------------------------------------------------------------------

export const endpointKind = z
  .enum(ENDPOINT_KINDS)
  .meta({ description: '`queue`: the queue that is bound to the Worker as EVENTS', example: 'https' })
export const endpointUrl = z
  .string()
  .max(ENDPOINT_URL_LENGTH_MAX, `must have at most ${ENDPOINT_URL_LENGTH_MAX} characters`)
  .meta({ description: 'A public https address; none for a queue', example: 'https://hooks.example.com/kith' })
export const endpointDescription = z
  .union([z.literal(''), text({ max: DESCRIPTION_LENGTH_MAX })])
  .meta({ description: 'In your own words', example: 'Search index', documented: { type: 'string', maxLength: DESCRIPTION_LENGTH_MAX } })
export const endpointEvents = z
  .array(z.enum(['*', ...EVENT_TYPE_NAMES]))
  .min(1, 'must name a type of event')
  .refine((v) => v.length === 1 || !v.includes('*'), 'must have * alone, or no *')
  .refine((v) => new Set(v).size === v.length, 'must not be repeated')
  .meta({
    description: 'Types of events; `*` alone: all, and those that are added later',
    example: ['user.created', 'user.updated', 'user.deleted'],
    documented: { type: 'array', items: { type: 'string', enum: ['*', ...EVENT_TYPE_NAMES] } },
  })
export const endpointPayload = z
  .enum(PAYLOADS)
  .meta({ description: '`thin`: ids alone. `full`: with what `scope` shows of the user when the event is sent', example: 'thin' })
export const endpointScope = z
  .array(z.enum(PAYLOAD_SCOPES))
  .refine((v) => new Set(v).size === v.length, 'must not be repeated')
  .meta({ description: 'For a full payload: which claims `data.user` holds', example: [] })
export const rotationHours = z
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(ROTATION_HOURS_MAX, `must be ${ROTATION_HOURS_MAX} or less`)
  .meta({ description: 'How long the secret before signs as well; 24 by default', example: 24 })

// --- plans -------------------------------------------------------------------------------------------------------

interface Fields {
  readonly url: string
  readonly description: string
  readonly events: readonly (EventTypeName | '*')[]
  readonly payload: Payload
  readonly scope: readonly PayloadScope[]
}

/** Omitted fields get their defaults. */
export type NewEndpoint = Pick<Fields, 'events'> & { readonly kind?: EndpointKind | undefined } & Partial<Undefinable<Fields>>
/** Omitted fields stay. */
export type EndpointChanges = Partial<Undefinable<Fields>> & { readonly isDisabled?: boolean | undefined }
type Undefinable<T> = { readonly [Key in keyof T]: T[Key] | undefined }

/** The columns of a new endpoint that do not depend on its id. */
export function planEndpoint(ctx: Ctx, input: NewEndpoint): Omit<EndpointRow, 'id' | 'secret' | 'createdBy' | 'createdAt' | 'updatedAt'> {
  const { kind = 'https', url = '', description = '', events, payload = 'thin', scope = [] } = input
  AppError.refuse([...eventsIssues(events), ...togetherIssues(ctx, kind, { url, payload, scope })])
  return {
    ...toColumns({ url, description, events, payload, scope }),
    kind,
    previousSecret: null,
    previousSecretUntil: null,
    disabledAt: null,
    disabledReason: null,
    failingSince: null,
    lastSuccessAt: null,
  }
}

/** The changed row, and its differences as the audit trail records them; none if nothing changes. */
export function planChange(ctx: Ctx, before: ShownEndpointRow, changes: EndpointChanges) {
  const known = toEndpoint(before)
  const { isDisabled = known.disabledAt !== null, ...given } = changes
  const fields: Fields = { ...known, ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as object) }
  const columns = toColumns(fields)
  const changed = (Object.keys(columns) as (keyof typeof columns)[]).filter((name) => columns[name] !== before[name])
  const isSwitched = isDisabled !== (known.disabledAt !== null)
  const isJudged = changed.some((name) => name === 'url' || name === 'payload' || name === 'scope') || (isSwitched && !isDisabled)
  AppError.refuse([...eventsIssues(fields.events), ...(isJudged ? togetherIssues(ctx, known.kind, fields) : [])])
  const name = columns.url || known.kind
  const events: { type: AuditEventType; detail: string }[] = []
  if (changed.length > 0) events.push({ type: 'webhook_updated', detail: `${name}: ${changed.join(' ')}` })
  if (isSwitched) events.push({ type: isDisabled ? 'webhook_disabled' : 'webhook_enabled', detail: name })
  const state = { disabledAt: isDisabled ? ctx.now() : null, disabledReason: null, failingSince: null }
  // The version of the row: never the same twice.
  const row = { ...before, ...columns, ...(isSwitched && state), updatedAt: Math.max(ctx.now(), before.updatedAt + 1) }
  return { row, events }
}

/** The console's form has a box for each type, so it may name none. */
const eventsIssues = (events: Fields['events']): RefusedField[] =>
  events.length === 0 ? [{ path: 'events', message: 'must name a type of event' }] : []

function togetherIssues(ctx: Ctx, kind: EndpointKind, { url, payload, scope }: Pick<Fields, 'url' | 'payload' | 'scope'>): RefusedField[] {
  const issues = addressIssues(ctx, kind, url)
  if (payload === 'thin' && scope.length > 0) issues.push({ path: 'scope', message: 'is for a full payload' })
  if (payload === 'full' && scope.length === 0) issues.push({ path: 'scope', message: 'must name what a full payload shows' })
  return issues
}

function addressIssues(ctx: Ctx, kind: EndpointKind, url: string): RefusedField[] {
  if (kind === 'queue') {
    if (!ctx.eventQueue) return [{ path: 'kind', message: 'needs a queue that is bound to the Worker as EVENTS' }]
    return url === '' ? [] : [{ path: 'url', message: 'is not for a queue' }]
  }
  return isReachable(ctx.config, url) ? [] : [{ path: 'url', message: 'must be a public https address without credentials or a fragment' }]
}

function toColumns({ url, description, events, payload, scope }: Fields) {
  return { url, description, events: events.join(' '), payload, scope: scope.join(' ') }
}
