/** Examples of lists for the API document: one record each. */
import type * as z from 'zod'
import type { LoginHistoryReply, SessionsReply } from './session-presenters.ts'
import { type BlocksReply, EXAMPLE_SEEN_USER, type RelationshipsReply, type SeenUsersReply } from './social-presenters.ts'

/** The end of a list's last page. */
export const LAST = { hasMore: false, next: null }

export const EXAMPLE_SESSIONS = {
  ok: 1,
  data: {
    records: [
      {
        _id: '507f1f77bcf86cd799439011',
        current: true,
        clientId: null,
        clientName: null,
        userAgent: 'Mozilla/5.0 (iPhone)',
        place: 'Paris, FR',
        createdAt: '2026-09-12T15:50:58.690Z',
        lastUsedAt: '2026-09-12T16:05:00.000Z',
        authenticatedAt: '2026-09-12T15:50:58.690Z',
        expiresAt: '2026-10-12T15:50:58.690Z',
      },
    ],
    ...LAST,
  },
} satisfies z.input<typeof SessionsReply>

export const EXAMPLE_SIGN_INS = {
  ok: 1,
  data: {
    records: [
      {
        _id: '507f1f77bcf86cd799439011',
        success: true,
        clientId: null,
        userAgent: 'Mozilla/5.0 (iPhone)',
        place: 'Paris, FR',
        createdAt: '2026-09-12T15:50:58.690Z',
      },
    ],
    ...LAST,
  },
} satisfies z.input<typeof LoginHistoryReply>

const RECORD = { _id: '507f1f77bcf86cd799439011', createdAt: '2026-09-12T15:50:58.690Z' }
const RELATIONSHIP = { following: true, requested: false, followedBy: false, requestedBy: false, blocking: false }

export const EXAMPLE_SEEN_USERS = { ok: 1, data: { records: [EXAMPLE_SEEN_USER] } } satisfies z.input<typeof SeenUsersReply>
export const EXAMPLE_FOLLOWERS = { ok: 1, data: { records: [{ ...RECORD, approved: true, source: EXAMPLE_SEEN_USER }], ...LAST } }
export const EXAMPLE_FOLLOW_REQUESTS = { ok: 1, data: { records: [{ ...RECORD, approved: false, source: EXAMPLE_SEEN_USER }], ...LAST } }
export const EXAMPLE_FOLLOWING = { ok: 1, data: { records: [{ ...RECORD, approved: true, target: EXAMPLE_SEEN_USER }], ...LAST } }
export const EXAMPLE_BLOCKS = { ok: 1, data: { records: [{ ...RECORD, target: EXAMPLE_SEEN_USER }], ...LAST } } satisfies z.input<
  typeof BlocksReply
>
export const EXAMPLE_RELATIONSHIPS = { ok: 1, data: { records: [{ _id: RECORD._id, ...RELATIONSHIP }] } } satisfies z.input<
  typeof RelationshipsReply
>
