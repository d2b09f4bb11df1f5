/** What SCIM clients ask first (RFC 7643 §5 to §7): the service's abilities, its kinds of resources and their schemas. */
import { AppError } from '../../core/errors.ts'
import { ENTERPRISE_SCHEMA, GROUP_SCHEMA, type Json, type Resource, USER_SCHEMA } from './attributes.ts'

export const RESULTS_MAX = 200
const CORE = 'urn:ietf:params:scim:schemas:core:2.0'

/** Throws `invalid_request` unless the resource says that it is one of this schema, and nothing that Kith does not know. */
export function requireSchemas({ schema, extensions }: Resource, sent: Json): void {
  const key = Object.keys(sent).find((name) => name.toLowerCase() === 'schemas')
  const schemas: unknown = key === undefined ? undefined : sent[key]
  const known = [schema, ...extensions].map((urn) => urn.toLowerCase())
  const listed = Array.isArray(schemas) ? schemas.map((urn) => (typeof urn === 'string' ? urn.toLowerCase() : '')) : []
  if (!listed.includes(schema.toLowerCase())) throw AppError.ofFields([{ path: 'schemas', message: `must contain ${schema}` }])
  if (listed.some((urn) => !known.includes(urn)))
    throw AppError.ofFields([
      { path: 'schemas', message: `names a schema that is not known here; it can have ${[schema, ...extensions].join(', ')}` },
    ])
}

export function serviceProviderConfig(base: string, documentation: string): Json {
  const scheme = (type: string, name: string, description: string, primary = false) => ({
    type,
    name,
    description,
    ...(primary ? { primary } : {}),
  })
  return {
    schemas: [`${CORE}:ServiceProviderConfig`],
    documentationUri: documentation,
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: RESULTS_MAX },
    changePassword: { supported: true },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      scheme('oauthbearertoken', 'OAuth bearer token', 'An access token of the grant client_credentials', true),
      scheme('httpbasic', 'HTTP Basic', 'The id and the secret of the client'),
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  }
}

export function resourceTypes(base: string): Json[] {
  const type = (name: string, endpoint: string, description: string, schema: string, extensions: Json) => ({
    schemas: [`${CORE}:ResourceType`],
    id: name,
    name,
    endpoint,
    description,
    schema,
    ...extensions,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  })
  return [
    type('User', '/Users', 'User account', USER_SCHEMA, { schemaExtensions: [{ schema: ENTERPRISE_SCHEMA, required: false }] }),
    type('Group', '/Groups', 'Group', GROUP_SCHEMA, {}),
  ]
}

interface Traits {
  readonly type?: string
  readonly multiValued?: true
  readonly required?: true
  readonly caseExact?: true
  readonly mutability?: 'readOnly' | 'writeOnly' | 'immutable'
  readonly returned?: 'always' | 'never'
  readonly uniqueness?: 'server'
  readonly subAttributes?: readonly Json[]
  readonly referenceTypes?: readonly string[]
}

/** RFC 7643 §7, with its defaults. */
function attribute(name: string, description: string, traits: Traits = {}): Json {
  const { type = 'string', multiValued = false, required = false, caseExact = false, mutability = 'readWrite', ...rest } = traits
  const { returned = 'default', uniqueness = 'none', subAttributes, referenceTypes } = rest
  return {
    name,
    type,
    multiValued,
    description,
    required,
    ...(type === 'boolean' || type === 'complex' || type === 'dateTime' ? {} : { caseExact }),
    mutability,
    returned,
    ...(type === 'boolean' || type === 'complex' ? {} : { uniqueness }),
    ...(subAttributes ? { subAttributes } : {}),
    ...(referenceTypes ? { referenceTypes } : {}),
  }
}

const entryOf = (what: string) => [
  attribute('value', what, { required: true }),
  attribute('type', 'What the client calls it, such as work'),
  attribute('primary', 'Kith keeps one value: the primary', { type: 'boolean' }),
]
const reference = (what: string, type: string) => [
  attribute('value', `Id of the ${what}`, { required: true, caseExact: true }),
  attribute('display', `Name of the ${what}`, { mutability: 'readOnly' }),
  attribute('$ref', `URI of the ${what}`, { type: 'reference', referenceTypes: [type], mutability: 'readOnly', caseExact: true }),
]

const USER_ATTRIBUTES = [
  attribute('userName', "The client's name for the user", { required: true, uniqueness: 'server' }),
  attribute('name', 'The names of the person', {
    type: 'complex',
    subAttributes: [
      attribute('formatted', 'The whole name', { mutability: 'readOnly' }),
      attribute('familyName', 'Family name'),
      attribute('givenName', 'Given name'),
      attribute('middleName', 'Middle name'),
      attribute('honorificPrefix', 'Title, such as Dr'),
    ],
  }),
  attribute('displayName', 'The name that others see'),
  attribute('profileUrl', 'A page about the person', { type: 'reference', referenceTypes: ['external'] }),
  attribute('title', 'Profession'),
  attribute('locale', 'Language tag'),
  attribute('timezone', 'Time zone'),
  attribute('active', 'Whether the person may sign in', { type: 'boolean' }),
  attribute('password', 'A new password', { mutability: 'writeOnly', returned: 'never' }),
  attribute('emails', 'The address', { type: 'complex', multiValued: true, subAttributes: entryOf('Email address') }),
  attribute('phoneNumbers', 'The phone number', { type: 'complex', multiValued: true, subAttributes: entryOf('Phone number') }),
  attribute('groups', 'The group', {
    type: 'complex',
    multiValued: true,
    mutability: 'readOnly',
    subAttributes: reference('group', 'Group').map((one) => ({ ...one, mutability: 'readOnly' })),
  }),
]
const ENTERPRISE_ATTRIBUTES = [attribute('organization', 'Organization')]
const GROUP_ATTRIBUTES = [
  attribute('displayName', 'Name of the group', { required: true, uniqueness: 'server' }),
  attribute('members', 'Its members', { type: 'complex', multiValued: true, subAttributes: reference('member', 'User') }),
]

export function schemas(base: string): Json[] {
  const schema = (id: string, name: string, description: string, attributes: readonly Json[]) => ({
    schemas: [`${CORE}:Schema`],
    id,
    name,
    description,
    attributes,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  })
  return [
    schema(USER_SCHEMA, 'User', 'User account', USER_ATTRIBUTES),
    schema(ENTERPRISE_SCHEMA, 'EnterpriseUser', 'Enterprise user', ENTERPRISE_ATTRIBUTES),
    schema(GROUP_SCHEMA, 'Group', 'Group', GROUP_ATTRIBUTES),
  ]
}
