/** What people do about each other on the pages: each act is a form with one button, and leads back to where it was. */
import { Hono } from 'hono'
import * as z from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { AppError } from '../../core/errors.ts'
import type { Gate, UserGateOptions } from '../../core/gate.ts'
import type { UserPrincipal } from '../../core/principal.ts'
import { coveredBy, isRefusedWhileRestricted, type Scope } from '../../core/scopes.ts'
import { blockUser, unblockUser } from '../../core/social/blocks.ts'
import { acceptFollowRequest, followUser, removeFollowEntry, unfollowUser } from '../../core/social/follows.ts'
import { anyone, requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { type AnyId, type FollowId, fromHex, type UserId } from '../../ids.ts'
import { form, OUT_OF_DATE } from '../form-token.ts'
import { take } from '../forms.tsx'
import { type NoticeName, redirectWith } from '../notices.ts'
import { toOwnPath } from '../return-to.ts'

export const PEOPLE = '/people'

interface Act extends UserGateOptions {
  readonly path: string
  readonly scope: Scope
  /** The subject: a user, or an entry of a list. Returns what to say. */
  readonly carryOut: (ctx: Ctx, gate: Gate, id: AnyId) => Promise<NoticeName>
}

const ENTRY = 'delegated:social:follow:remove'
const BLOCK = { scope: 'delegated:social:block:write', evenRestricted: true } as const

/** Access as the API's routes declare it. */
export const ACTS = {
  follow: {
    path: `${PEOPLE}/follow`,
    scope: 'delegated:social:follow:request',
    limit: 'follow',
    carryOut: async (ctx, gate, id) => ((await followUser(ctx, gate, id as UserId)) === 'requested' ? 'follow_requested' : 'followed'),
  },
  unfollow: {
    path: `${PEOPLE}/unfollow`,
    scope: 'delegated:social:follow:unfollow',
    carryOut: (ctx, gate, id) => unfollowUser(ctx, gate, id as UserId).then(() => 'unfollowed'),
  },
  block: {
    ...BLOCK,
    path: `${PEOPLE}/block`,
    limit: 'block',
    carryOut: (ctx, gate, id) => blockUser(ctx, gate, id as UserId).then(() => 'person_blocked'),
  },
  unblock: {
    ...BLOCK,
    path: `${PEOPLE}/unblock`,
    carryOut: (ctx, gate, id) => unblockUser(ctx, gate, id as UserId).then(() => 'person_unblocked'),
  },
  accept: {
    path: `${PEOPLE}/requests/accept`,
    scope: 'delegated:social:follow:accept',
    carryOut: (ctx, gate, id) => acceptFollowRequest(ctx, gate, id as FollowId).then(() => 'request_accepted'),
  },
  refuse: {
    path: `${PEOPLE}/requests/refuse`,
    scope: ENTRY,
    carryOut: (ctx, gate, id) => removeFollowEntry(ctx, gate, id as FollowId).then(() => 'request_refused'),
  },
  remove: {
    path: `${PEOPLE}/followers/remove`,
    scope: ENTRY,
    carryOut: (ctx, gate, id) => removeFollowEntry(ctx, gate, id as FollowId).then(() => 'follower_removed'),
  },
} as const satisfies Readonly<Record<string, Act>>

export type ActName = keyof typeof ACTS
export const ACT_NAMES = Object.keys(ACTS) as ActName[]

export const purposeOf = (name: ActName) => `people-${name}`

/** Whether to show the form. Only for display: the route decides. */
export function mayAct({ scopes, restricted }: UserPrincipal, name: ActName): boolean {
  const { scope, evenRestricted = false }: Pick<Act, 'scope' | 'evenRestricted'> = ACTS[name]
  return coveredBy(scopes, scope) && (evenRestricted || !restricted || !isRefusedWhileRestricted(scope))
}

/** A page about people: another is not where these forms are. */
const isPeoplePath = (text: string) => toOwnPath(text) !== null && /^\/(people(\/[a-z]+)*|(@|%40)\w+)(\?|$)/.test(text)

const ActForm = z.object({
  id: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'is wrong')
    .transform((v) => fromHex(v) as AnyId),
  back: z.string().refine(isPeoplePath, 'is wrong'),
})

/** These only mean that the form is older than what it is about. Somebody else's id is answered like one that nobody has. */
const HARMLESS: readonly string[] = ['not_found', 'blocked', 'invalid_request', OUT_OF_DATE]

export const actPages = new Hono<AppEnv>()
for (const name of ACT_NAMES) {
  const { path, scope, carryOut, ...options }: Act = ACTS[name]
  actPages
    // Where a sign-in leads back to.
    .get(path, anyone(), (c) => c.redirect(PEOPLE, 303))
    .post(path, requires(scope, options), form(purposeOf(name), ActForm), (c) => {
      const sent = c.req.valid('form')
      return take(c, sent, {
        act: async ({ id, back }) => redirectWith(c, back, await carryOut(c.var.ctx, c.var.gate, id).catch(asNotFound)),
        mends: 'not_found',
        again: async ({ error }) => {
          if (error && !HARMLESS.includes(error.reason ?? error.code)) throw error
          await c.var.gate(undefined, () => 0)
          const { back = '' } = sent.typed
          return redirectWith(c, isPeoplePath(back) ? back : PEOPLE, 'people_changed')
        },
      })
    })
}

/** The caller has blocked them in the meantime. */
function asNotFound(thrown: unknown): never {
  throw thrown instanceof AppError && thrown.code === 'blocked' ? new AppError('not_found') : thrown
}
