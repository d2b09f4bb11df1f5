/** The export in the API document: John Doe's, with one entry in each list. */
import type * as z from 'zod'
import { type AccountExport, Profile } from '../../../core/archives/document.ts'

const ID = '507f1f77bcf86cd799439011'
const AT = '2026-09-12T15:50:58.690Z'
const PERSON = { id: ID, username: 'jane_doe', createdAt: AT }
/** What is not mentioned below: no number, and nothing else. */
const PROFILE = Object.fromEntries(Object.entries(Profile.shape).map(([name, field]) => [name, field.safeParse(null).success ? null : 0]))

export const EXAMPLE_EXPORT: z.output<typeof AccountExport> = {
  about: { madeAt: AT, fields: { 'profile.username': 'User name' } },
  profile: {
    ...PROFILE,
    id: ID,
    username: 'john_doe',
    email: 'user@example.com',
    emailVerifiedAt: AT,
    isPrivate: false,
    pictureUrl: null,
    followerCount: 1,
    followingCount: 1,
    role: 'user',
    customData: {},
    createdAt: AT,
    updatedAt: AT,
  },
  signIn: {
    secondFactors: [{ kind: 'totp', createdAt: AT }],
    passkeys: [{ name: 'Phone', createdAt: AT, lastUsedAt: AT }],
    unusedRecoveryCodes: 10,
    knownNetworks: [{ expiresAt: AT }],
  },
  invitation: {
    invitedBy: { id: ID, username: 'jane_doe' },
    codes: [{ code: 'GU-2526-1687389089010', createdAt: AT, usedBy: null }],
  },
  connectedApps: [
    {
      clientId: 'my-app',
      name: 'My app',
      scopes: [{ scope: 'openid', description: 'Know who you are', lastUsedAt: AT }],
      connectedAt: AT,
      lastUsedAt: AT,
      liveSessions: 1,
    },
  ],
  pushDevices: [{ deviceType: 'ios', osVersion: '19', updatedAt: AT }],
  providers: [{ issuer: 'https://accounts.google.com', subject: '1234567890', label: 'user@example.com', createdAt: AT, lastUsedAt: AT }],
  externalIds: [{ source: '', externalId: 'auth0|5f7c8ec7c33c6c004bbafe82', userName: null, createdAt: AT }],
  externalIdentities: [{ externalId: 'john', metadata: {}, createdAt: AT }],
  folders: [{ id: ID, name: 'Holidays', createdAt: AT, updatedAt: AT }],
  sessions: [
    {
      id: ID,
      current: true,
      clientId: null,
      clientName: null,
      scope: ['delegated:all'],
      amr: ['pwd'],
      userAgent: 'Mozilla/5.0 (iPhone)',
      place: 'Paris, FR',
      createdAt: AT,
      authenticatedAt: AT,
      lastUsedAt: AT,
      expiresAt: AT,
    },
  ],
  files: [
    {
      id: ID,
      name: 'Holiday.jpg',
      folderId: null,
      contentType: 'image/jpeg',
      size: 20480,
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      origin: 'user',
      preventShare: false,
      url: `https://id.example.com/user/media/files/${ID}/content`,
      createdAt: AT,
      updatedAt: AT,
    },
  ],
  blocks: [PERSON],
  requested: [PERSON],
  following: [PERSON],
  auditTrail: [
    {
      id: ID,
      type: 'sign_in',
      createdAt: AT,
      userAgent: 'Mozilla/5.0 (iPhone)',
      place: 'Paris, FR',
      clientId: null,
      byAdmin: false,
      detail: null,
    },
  ],
  requests: [PERSON],
  followers: [PERSON],
  incomplete: [{ list: 'followers', rest: `GET /user/followers?limit=100&offset=${ID}` }],
}
