/**
 * The document of an export. Each schema selects, formats and describes the exported fields of the core's rows; fields
 * without a schema are left out.
 */
import * as z from 'zod'
import { toHex } from '../../ids.ts'
import { USER_FIELDS } from '../profiles/user-fields.ts'

/** A field whose stored form differs from the exported one. */
const told = <Stored, Told extends z.ZodType>(isStored: (value: unknown) => value is Stored, tell: (stored: Stored) => unknown, as: Told) =>
  z.preprocess((value) => (isStored(value) ? tell(value) : value), as)
const isNumber = (value: unknown) => typeof value === 'number'
const isString = (value: unknown) => typeof value === 'string'

const id = told(isNumber, toHex, z.string())
const at = told(isNumber, (ms) => new Date(ms).toISOString(), z.iso.datetime())
const flag = told(isNumber, (stored) => stored === 1, z.boolean())
const json = told(isString, JSON.parse, z.record(z.string(), z.unknown()))
const words = told(isString, (stored) => stored.split(' '), z.array(z.string()))
const oneOf = <const Words extends readonly string[]>(list: Words) =>
  told(isNumber, (stored) => list[stored] ?? null, z.enum(list).nullable())

const text = (description: string) => z.string().nullable().describe(description)
const time = (description: string) => at.nullable().describe(description)
const count = (description: string) => z.int().describe(description)
const idOf = (whose: string) => id.describe(`Id of the ${whose}`)

const KINDS = {
  id,
  text: z.string(),
  'text?': z.string().nullable(),
  time: at,
  'time?': at.nullable(),
  count: z.int(),
  flag,
  'json?': json.nullable(),
}
const profile = Object.fromEntries(
  Object.entries(USER_FIELDS).flatMap(([name, [, kind, description]]) =>
    kind === undefined || description === undefined
      ? []
      : [[name, (typeof kind === 'string' ? KINDS[kind] : oneOf(kind)).describe(description)]],
  ),
)

const person = { id: idOf('person'), username: z.string().describe('Their user name') }

export const Profile: z.ZodObject<Record<string, z.ZodType>> = z.object({ ...profile, pictureUrl: text('URL of your picture') })

export const SignIn = z.object({
  secondFactors: z.array(
    z.object({
      kind: z.string().describe('totp: an authenticator app; email: mailed codes'),
      createdAt: at.describe('When it was enabled'),
    }),
  ),
  passkeys: z.array(
    z.object({
      name: z.string().describe('Your name for the passkey'),
      createdAt: at.describe('When it was added'),
      lastUsedAt: time('When it last signed you in'),
    }),
  ),
  unusedRecoveryCodes: count('Number of unused recovery codes'),
  knownNetworks: z.array(z.object({ expiresAt: at.describe('Until when a network from which you signed in is remembered') })),
})

export const ConnectedApp = z.object({
  clientId: z.string().describe('Id of the app'),
  name: z.string().describe('Name of the app'),
  scopes: z.array(
    z.object({
      scope: z.string().describe('Scope of the app'),
      description: z.string().describe('What it allows'),
      lastUsedAt: time('When the app last used it; null: no use was recorded'),
    }),
  ),
  connectedAt: at.describe('When you first gave it access'),
  lastUsedAt: time('When the app last used your account; null: it is not signed in'),
  liveSessions: count('Number of sessions of the app'),
})

export const Session = z.object({
  id: idOf('session'),
  current: z.boolean().describe('Whether this export was requested in this session'),
  clientId: text('Id of the app; null for a browser'),
  clientName: text('Name of the app'),
  scope: words.describe('Scopes of the session'),
  amr: words.describe('How you signed in (RFC 8176)'),
  userAgent: text('User-Agent of the browser'),
  place: text('Place from which it was used'),
  createdAt: at.describe('When it started'),
  authenticatedAt: at.describe('When you last signed in in this session'),
  lastUsedAt: at.describe('When it was last used, accurate to 15 minutes'),
  expiresAt: at.describe('When it ends'),
})

export const AuditEvent = z.object({
  id: idOf('event'),
  type: z.string().describe('Kind of event'),
  createdAt: at.describe('When it happened'),
  userAgent: text('User-Agent of the browser or program'),
  place: text('Place from which it was done'),
  clientId: text('Id of the app that was used'),
  byAdmin: z.boolean().describe('Whether an administrator did it'),
  detail: text('Details'),
})

export const Invitation = z.object({
  invitedBy: z.object(person).nullable().describe('Who invited you'),
  codes: z.array(
    z.object({
      code: z.string().describe('Invite code'),
      createdAt: at.describe('When it was created'),
      usedBy: id.nullable().describe('Id of the account created with it'),
    }),
  ),
})

export const PushDevice = z.object({
  deviceType: z.string().describe('Kind of device'),
  osVersion: text('Version of its operating system'),
  updatedAt: at.describe('When it was last registered for notifications'),
})

export const LinkedProvider = z.object({
  issuer: z.string().describe('Another provider that signs you in'),
  subject: z.string().describe('Your id there'),
  label: text('The address or name that it showed last'),
  createdAt: at.describe('Since when'),
  lastUsedAt: time('When you last signed in with it'),
})

export const ExternalId = z.object({
  source: z.string().describe('The app that manages your account; empty: the system that your account was moved from'),
  externalId: text('Your id there'),
  userName: text('Your name there'),
  createdAt: at.describe('Since when'),
})

export const ExternalIdentity = z.object({
  externalId: z.string().describe('Your id at the service that created your account'),
  metadata: json.describe('Data that the service has stored with it'),
  createdAt: at.describe('Since when'),
})

export const Folder = z.object({
  id: id.nullable().describe('Id of the folder; null: Default'),
  name: z.string().describe('Name of the folder'),
  createdAt: time('When it was created'),
  updatedAt: time('When it last changed'),
})

export const MediaFile = z.object({
  id: idOf('file'),
  name: z.string().describe('Name of the file'),
  folderId: id.nullable().describe('Id of its folder; null: Default'),
  contentType: z.string().describe('Media type'),
  size: count('Bytes'),
  sha256: z.string().describe('SHA-256 of its bytes, in hex'),
  origin: z.string().describe('user: uploaded by you; system: created for you by an app'),
  preventShare: flag.describe('Whether apps are asked not to offer sharing it'),
  url: z.string().describe('URL for downloading it while you are signed in'),
  createdAt: at.describe('When it was uploaded'),
  updatedAt: at.describe('When it last changed'),
})

const dated = (since: string) => z.object({ ...person, createdAt: at.describe(since) })
export const Person = dated('Since when')

export const AccountExport = z
  .object({
    about: z.object({
      madeAt: at.describe('When this copy was created'),
      fields: z.record(z.string(), z.string()).describe('The meaning of each field'),
    }),
    profile: Profile,
    signIn: SignIn,
    invitation: Invitation,
    connectedApps: z.array(ConnectedApp).describe('Apps that you have authorized or are signed in with'),
    pushDevices: z.array(PushDevice).describe('Devices that apps may notify'),
    providers: z.array(LinkedProvider).describe('Your accounts at other providers that sign you in'),
    externalIds: z.array(ExternalId).describe('Your ids in other systems'),
    externalIdentities: z.array(ExternalIdentity).describe('Your ids at services that create accounts'),
    folders: z.array(Folder).describe('Folders of your files'),
    sessions: z.array(Session).describe('Where you are signed in'),
    files: z.array(MediaFile).describe('Your files, with their download URLs'),
    blocks: z.array(Person).describe('People you block'),
    requested: z.array(Person).describe('People whom you have asked to follow'),
    following: z.array(Person).describe('People you follow'),
    auditTrail: z.array(AuditEvent).describe('Security events of your account'),
    requests: z.array(Person).describe('People who have asked to follow you'),
    followers: z.array(Person).describe('People who follow you'),
    incomplete: z
      .array(z.object({ list: z.string().describe('Name of the list'), rest: text('The request that returns the rest') }))
      .describe('Lists too long for one copy; empty if the copy is complete'),
  })
  .meta({ id: 'AccountExport' })

/** The descriptions of all fields, by their paths. */
export function describeFields(schema: z.ZodType, path = ''): Record<string, string> {
  const own = path !== '' && schema.description !== undefined ? { [path]: schema.description } : {}
  const inner = schema instanceof z.ZodNullable ? schema.unwrap() : schema
  const shape = inner instanceof z.ZodArray ? inner.element : inner
  if (!(shape instanceof z.ZodObject)) return own
  const fields = Object.entries(shape.shape).map(([name, field]) => describeFields(field, path === '' ? name : `${path}.${name}`))
  return Object.assign(own, ...fields)
}
