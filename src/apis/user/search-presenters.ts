/** Search results, invite codes and roles: presenters, schemas and examples (wire §3.2, §6.13, §6.16). */
import * as z from 'zod'
import type { InviteCode as OwnInviteCode } from '../../core/accounts/invite-codes.ts'
import type { Role as KnownRole } from '../../core/accounts/roles.ts'
import type { Ctx } from '../../core/ctx.ts'
import type { SeenUser as VisibleUser } from '../../core/social/visibility.ts'
import { toHex } from '../../ids.ts'
import { ok } from './replies.ts'
import { EXAMPLE_SEEN_USER, SeenUser, toSeenUser } from './social-presenters.ts'

const SearchResult = SeenUser.extend({ approved: z.literal(true), source: SeenUser }).meta({ id: 'SearchResult' })

/** @NOTE The seed's table says users, its sample shows follow records; each row can be read as either (wire §6.13). */
export function toSearchResult(user: VisibleUser, ctx: Ctx): z.output<typeof SearchResult> {
  const seen = toSeenUser(user, ctx)
  return { ...seen, approved: true, source: seen }
}

export const InviteCode = z
  .strictObject({
    code: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    targetId: z.string().optional().meta({ description: 'The user who signed up with it; absent while it is unused' }),
  })
  .meta({ id: 'InviteCode' })

export function toInviteCode({ code, createdAt, updatedAt, usedBy }: OwnInviteCode): z.output<typeof InviteCode> {
  const times = { createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() }
  return { code, ...times, ...(usedBy === null ? {} : { targetId: toHex(usedBy) }) }
}

const Role = z
  .strictObject({
    id: z.string(),
    displayName: z.string(),
    ranking: z.int(),
    description: z.string(),
    system: z.boolean(),
  })
  .meta({ id: 'Role' })

export function toRole({ isSystem, ...role }: KnownRole): z.output<typeof Role> {
  return { ...role, system: isSystem }
}

export const SearchReply = ok(z.strictObject({ results: z.array(SearchResult) }))
export const InviteCodesReply = ok(z.strictObject({ inviteCodes: z.array(InviteCode) }))
export const RolesReply = z.strictObject({ ok: z.literal(1), roles: z.array(Role), data: z.strictObject({ roles: z.array(Role) }) })

export const EXAMPLE_SEARCH_RESULT: z.output<typeof SearchResult> = { ...EXAMPLE_SEEN_USER, approved: true, source: EXAMPLE_SEEN_USER }
export const EXAMPLE_INVITE_CODE: z.output<typeof InviteCode> = {
  code: 'GU-2526-1687389089010',
  createdAt: '2026-09-12T15:50:58.690Z',
  updatedAt: '2026-09-12T15:50:58.690Z',
}
export const EXAMPLE_ROLE: z.output<typeof Role> = {
  id: 'super_admin',
  displayName: 'Super Admin',
  ranking: 1,
  description: 'May do everything.',
  system: true,
}
