/**
 * What the browser keeps while somebody signs in through another provider: the state of the request, so that no answer
 * counts in another browser; the name that Apple sends beside its answer; and the person whom the provider has
 * identified, sealed, until an account knows them. Each ends after ten minutes.
 */
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Ctx } from '../../core/ctx.ts'
import { PAGE_TICKET_MS } from '../../core/limits.ts'
import { openPerson, type PendingUpstream, sealPerson } from '../../core/upstream/pending.ts'
import type { UpstreamPerson } from '../../core/upstream/protocol.ts'
import { sha256 } from '../../crypto.ts'

/** Hono adds the `__Host-` prefix. */
const STATE = 'kith_upstream'
const NAME = 'kith_upstream_name'
const PERSON = 'kith_upstream_person'
const ATTRIBUTES = { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' } as const

function keep(c: Context, name: string, value: string): void {
  setCookie(c, name, value, { ...ATTRIBUTES, maxAge: PAGE_TICKET_MS / 1_000 })
}

function forget(c: Context, name: string): void {
  if (getCookie(c, name, 'host') !== undefined) deleteCookie(c, name, ATTRIBUTES)
}

export const keepState = (c: Context, value: string) => keep(c, STATE, value)
export const stateOf = (c: Context) => getCookie(c, STATE, 'host')
export const forgetState = (c: Context) => forget(c, STATE)

const NAME_LENGTH_MAX = 1_024

/** Sent once, and signed by nobody: it only fills in the form of a sign-up, and only with the answer that it came with. */
export function keepName(c: Context, state: string, json: string): void {
  if (json.length <= NAME_LENGTH_MAX) keep(c, NAME, `${sha256(state)}.${Buffer.from(json, 'utf8').toString('base64url')}`)
}

/** The name that came with this state; null without one. */
export function takeName(c: Context, state: string): string | null {
  const [digest, json] = (getCookie(c, NAME, 'host') ?? '').split('.')
  forget(c, NAME)
  return json !== undefined && digest === sha256(state) ? Buffer.from(json, 'base64url').toString('utf8') : null
}

export async function keepPerson(c: Context, person: UpstreamPerson): Promise<void> {
  keep(c, PERSON, await sealPerson(c.var.ctx as Ctx, person))
}

export async function personOf(c: Context): Promise<PendingUpstream | null> {
  const sealed = getCookie(c, PERSON, 'host')
  return sealed === undefined ? null : openPerson(c.var.ctx as Ctx, sealed)
}

export const forgetPerson = (c: Context) => forget(c, PERSON)
