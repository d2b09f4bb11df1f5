/**
 * What other systems can be told of (docs/webhooks.md lists the same). The triggers of `migrations/0036_webhook-triggers.sql` write the
 * events. They hold ids and names of fields, never what is in the fields.
 */

interface EventType {
  readonly description: string
  /** What is in `data` beside `userId`, as an example. */
  readonly data: Readonly<Record<string, unknown>>
}

const ID = '000000000000000000001002'
const SESSION = { sessionId: ID, clientId: 'shop' }
const FOLLOW = { followId: ID, followedId: '000000000000000000001003' }
const BLOCK = { blockId: ID, blockedId: '000000000000000000001003' }
const UNTIL = { until: '2027-01-01T00:00:00.000Z' }

export const EVENT_TYPES = {
  'user.created': { description: 'A new account: the address is verified, or it needs none (a user of a license key).', data: {} },
  'user.updated': {
    description: 'Fields have changed: those of the profile, `role`, `customData` and the like, or `password`.',
    data: { fields: ['firstName', 'role'] },
  },
  'user.verified': { description: 'An email address was verified: the first one, right after `user.created`, or a new one.', data: {} },
  'user.deleted': { description: 'The account is closed. For 14 days it may still be restored.', data: {} },
  'user.restored': { description: 'A deleted account is back.', data: {} },
  'user.purged': { description: 'A deleted account is gone for good: erase what you keep about it.', data: {} },
  'user.banned': {
    description: 'The account is banned, or the ban ends at another time. `until` is null without an end; the end itself is no event.',
    data: UNTIL,
  },
  'user.unbanned': { description: 'A ban was lifted before its end. Read the follows again: a ban without an end removes them.', data: {} },
  'user.restricted': { description: 'The account may only read, or that ends at another time. `until` as above.', data: UNTIL },
  'user.unrestricted': { description: 'A restriction was lifted before its end.', data: {} },
  'session.created': { description: 'A sign-in. `clientId` is null for a browser at Kith itself.', data: SESSION },
  'session.revoked': {
    description: 'A session was ended. `sessionId` null: all sessions of the user. There is no event when one expires.',
    data: SESSION,
  },
  'follow.requested': { description: 'The user wants to follow somebody whose account is private.', data: FOLLOW },
  'follow.created': { description: 'The user follows somebody, at once or because the request was accepted.', data: FOLLOW },
  'follow.deleted': { description: 'A follow or a request has ended, whoever ended it.', data: FOLLOW },
  'block.created': { description: 'The user has blocked somebody, who must not learn of it.', data: BLOCK },
  'block.deleted': { description: 'The user has unblocked somebody.', data: BLOCK },
  'file.created': { description: 'A file is in the media library.', data: { fileId: ID } },
  'file.deleted': { description: 'A file was deleted.', data: { fileId: ID } },
  'consent.granted': {
    description: 'The user has allowed a client something. `scopes` are all that it now has.',
    data: { clientId: 'shop', scopes: ['profile', 'email'] },
  },
  'consent.revoked': {
    description: 'The user has taken something back from a client. `scopes` are those that are left.',
    data: { clientId: 'shop', scopes: [] },
  },
} as const satisfies Readonly<Record<string, EventType>>

export type EventTypeName = keyof typeof EVENT_TYPES

export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as [EventTypeName, ...EventTypeName[]]

/** What `sendTest` sends, chosen or not. */
export const TEST_EVENT = 'webhook.test'
