/**
 * The attributes of SCIM's resources (RFC 7643 §4), by their one spelling: names are compared without regard to case (§2.1). Those that
 * Kith does not keep are known, so that a client may send them; they are left out.
 */

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE_SCHEMA = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group'

/** Of a list that a user has. */
export const ENTRIES_MAX = 20

export type Json = Record<string, unknown>

export interface Attribute {
  readonly kind: 'simple' | 'complex' | 'multi'
  readonly readOnly?: true
  /** Sub-attributes by their lower-case names. */
  readonly parts: ReadonlyMap<string, string>
}

export interface Resource {
  readonly schema: string
  readonly extensions: readonly string[]
  /** By lower-case name; those of the extension by its URN and their name. */
  readonly attributes: ReadonlyMap<string, Attribute & { readonly name: string }>
}

const named = (names: string) => new Map(names.split(' ').map((name) => [name.toLowerCase(), name]))
const MULTI = named('value display type primary $ref formatted streetAddress locality region postalCode country')
const NO_PARTS: ReadonlyMap<string, string> = new Map()

function attributes(kinds: { simple?: string; multi?: string; complex?: Readonly<Record<string, string>> }, readOnly: string) {
  const isReadOnly = new Set(readOnly.split(' '))
  const one = (name: string, kind: Attribute['kind'], parts: ReadonlyMap<string, string>) =>
    [name.toLowerCase(), { name, kind, parts, ...(isReadOnly.has(name) ? { readOnly: true as const } : {}) }] as const
  return new Map([
    ...(kinds.simple ?? '').split(' ').map((name) => one(name, 'simple', NO_PARTS)),
    ...(kinds.multi ?? '').split(' ').map((name) => one(name, 'multi', MULTI)),
    ...Object.entries(kinds.complex ?? {}).map(([name, parts]) => one(name, 'complex', named(parts))),
  ])
}

const META = 'resourceType created lastModified location version'

export const USER: Resource = {
  schema: USER_SCHEMA,
  extensions: [ENTERPRISE_SCHEMA],
  attributes: attributes(
    {
      simple:
        'schemas id externalId userName displayName nickName profileUrl title userType preferredLanguage locale timezone active password',
      multi: 'emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates',
      complex: {
        name: 'formatted familyName givenName middleName honorificPrefix honorificSuffix',
        meta: META,
        [ENTERPRISE_SCHEMA]: 'employeeNumber costCenter organization division department manager',
      },
    },
    'schemas id groups meta',
  ),
}

export const GROUP: Resource = {
  schema: GROUP_SCHEMA,
  // Entra says so when it creates a group; it means nothing.
  extensions: ['http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
  attributes: attributes({ simple: 'schemas id externalId displayName', multi: 'members', complex: { meta: META } }, 'schemas id meta'),
}

/** The attribute of a name; a name of the resource's own schema may have its URN before it (RFC 7644 §3.10). */
export function attributeOf({ schema, attributes }: Resource, name: string) {
  const lower = name.toLowerCase()
  const prefix = `${schema.toLowerCase()}:`
  return attributes.get(lower.startsWith(prefix) ? lower.slice(prefix.length) : lower)
}

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether two values are the same, whatever the order of their members. */
export const sameJson = (one: unknown, other: unknown): boolean => JSON.stringify(ordered(one)) === JSON.stringify(ordered(other))

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, ordered(value[key])]),
  )
}

/** The same resource in the one spelling, without unknown attributes. */
export function spelled(resource: Resource, sent: Json): Json {
  const entries = Object.entries(sent).flatMap(([key, value]): [string, unknown][] => {
    const attribute = attributeOf(resource, key)
    return attribute ? [[attribute.name, spelledValue(attribute, value)]] : []
  })
  return Object.fromEntries(entries)
}

export function spelledValue({ kind, parts }: Attribute, value: unknown): unknown {
  if (kind === 'simple') return value
  if (Array.isArray(value)) return value.map((item) => spelledParts(parts, item))
  return spelledParts(parts, value)
}

function spelledParts(parts: ReadonlyMap<string, string>, value: unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [parts.get(key.toLowerCase()) ?? key, part]))
}
