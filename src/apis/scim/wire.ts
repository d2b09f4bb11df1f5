/** The wire schemas of this room: queries and bodies as they are read, and replies as the API document shows them. */
import * as z from 'zod'
import { text } from '../../core/texts.ts'
import { judge } from '../../http/validate.ts'
import { ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA } from './attributes.ts'
import { FILTER_LENGTH_MAX } from './filter.ts'

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const SEARCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'

const names = z.string().max(FILTER_LENGTH_MAX, `must have at most ${FILTER_LENGTH_MAX} characters`)
const filter = z.string().meta({ description: 'RFC 7644 §3.4.2.2', example: 'userName eq "john@example.com"' })
const number = (description: string, example: number) =>
  z.coerce
    .number()
    .int('must be a whole number')
    .min(Number.MIN_SAFE_INTEGER)
    .max(1_000_000_000)
    .meta({ description, example, documented: { type: 'integer' } })

const paging = {
  startIndex: number('Position of the first result, from 1', 1).optional(),
  count: number('Results on a page, at most 200', 100).optional(),
}

export const SelectionQuery = z.object({
  attributes: names.optional().meta({ description: 'Only these attributes, separated by commas', example: 'userName,name.familyName' }),
  excludedAttributes: names.optional().meta({ description: 'All but these', example: 'groups' }),
})
export const ListQuery = SelectionQuery.extend({ filter: filter.optional(), ...paging })

const list = z.array(z.string().max(FILTER_LENGTH_MAX)).max(100)
export const SearchBody = z.object({
  schemas: z
    .array(z.string())
    .refine((urns) => urns.includes(SEARCH_SCHEMA), `must contain ${SEARCH_SCHEMA}`)
    .meta({ example: [SEARCH_SCHEMA] }),
  attributes: list.optional(),
  excludedAttributes: list.optional(),
  filter: filter.optional(),
  ...paging,
})

export interface Query {
  readonly attributes?: string | readonly string[] | undefined
  readonly excludedAttributes?: string | readonly string[] | undefined
  readonly filter?: string | undefined
  readonly startIndex?: number | undefined
  readonly count?: number | undefined
}

/** An id that is none is not found, as one that is nobody's. */
export const UserParams = z.object({ id: z.string().max(128).meta({ example: '507f1f77bcf86cd799439011' }) })
export const GroupParams = z.object({ id: z.string().max(128).meta({ example: 'editors' }) })

const entries = (value: string) =>
  z
    .unknown()
    .optional()
    .meta({
      documented: {
        type: 'array',
        items: { type: 'object', properties: { value: { type: 'string' }, type: { type: 'string' }, primary: { type: 'boolean' } } },
      },
      example: [{ value, type: 'work', primary: true }],
    })
const shown = (type: string, example?: unknown) =>
  z
    .unknown()
    .optional()
    .meta({ documented: { type }, ...(example === undefined ? {} : { example }) })

/** Names may be in any case, and truth values text: `user-resource.ts` judges. */
export const UserBody = z.looseObject({
  schemas: z
    .unknown()
    .optional()
    .meta({ documented: { type: 'array', items: { type: 'string' } }, example: [USER_SCHEMA] }),
  userName: shown('string', 'john.smith@example.com'),
  externalId: shown('string', '00u1a2b3c4'),
  name: shown('object', { givenName: 'John', familyName: 'Smith' }),
  displayName: shown('string', 'John Smith'),
  profileUrl: shown('string'),
  title: shown('string', 'Software Engineer'),
  locale: shown('string', 'en-GB'),
  timezone: shown('string', 'Europe/London'),
  active: shown('boolean', true),
  password: shown('string'),
  emails: entries('john.smith@example.com'),
  phoneNumbers: entries('+442071234567'),
  [ENTERPRISE_SCHEMA]: shown('object'),
})

export const GroupBody = z.looseObject({
  schemas: z
    .unknown()
    .optional()
    .meta({ documented: { type: 'array', items: { type: 'string' } }, example: [GROUP_SCHEMA] }),
  displayName: shown('string', 'Editors'),
  members: z
    .unknown()
    .optional()
    .meta({ documented: { type: 'array', items: { type: 'object', properties: { value: { type: 'string' } } } } }),
})

const OPERATIONS_MAX = 200
const operation = z.looseObject({
  op: z
    .string()
    .transform((op) => op.toLowerCase())
    .pipe(z.enum(['add', 'replace', 'remove'], 'must be add, replace or remove')),
  path: z
    .string()
    .nullish()
    .transform((path) => path ?? undefined),
  value: z.unknown().optional(),
})

const Patch = z.object({
  schemas: z.array(z.string()).refine((urns) => urns.includes(PATCH_SCHEMA), `must contain ${PATCH_SCHEMA}`),
  Operations: z
    .array(z.preprocess((one) => lowered(one, { op: 'op', path: 'path', value: 'value' }), operation))
    .min(1, 'must have an operation')
    .max(OPERATIONS_MAX, `must have at most ${OPERATIONS_MAX} operations`),
})

/** The names of its members may be in any case, too: `operationsOf` judges. */
export const PatchBody = z.looseObject({
  schemas: z
    .unknown()
    .optional()
    .meta({ documented: { type: 'array', items: { type: 'string' } }, example: [PATCH_SCHEMA] }),
  Operations: z
    .unknown()
    .optional()
    .meta({
      documented: {
        type: 'array',
        items: {
          type: 'object',
          required: ['op'],
          properties: { op: { type: 'string', enum: ['add', 'replace', 'remove'] }, path: { type: 'string' }, value: {} },
        },
      },
      example: [{ op: 'replace', path: 'active', value: false }],
    }),
})

/** Throws `invalid_request`, naming what is wrong. */
export async function operationsOf(body: z.output<typeof PatchBody>) {
  return (await judge('json', Patch, lowered(body, { schemas: 'schemas', operations: 'Operations' }))).Operations
}

function lowered(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [Object.hasOwn(names, key.toLowerCase()) ? names[key.toLowerCase()] : key, one]),
  )
}

export const groupName = text({ max: 128 })

const meta = z.strictObject({
  resourceType: z.string(),
  created: z.string().optional(),
  lastModified: z.string().optional(),
  location: z.string(),
  version: z.string().optional(),
})
const entry = z.strictObject({ value: z.string(), type: z.string(), primary: z.boolean() })
/** And `$ref`, which no validator of API documents takes for a name. */
const reference = z.looseObject({ value: z.string(), display: z.string() })
const urns = z.array(z.string())

export const User = z
  .strictObject({
    schemas: urns,
    id: z.string(),
    externalId: z.string().optional(),
    userName: z.string(),
    name: z
      .strictObject({
        formatted: z.string().optional(),
        familyName: z.string().optional(),
        givenName: z.string().optional(),
        middleName: z.string().optional(),
        honorificPrefix: z.string().optional(),
      })
      .optional(),
    displayName: z.string().optional(),
    profileUrl: z.string().optional(),
    title: z.string().optional(),
    locale: z.string().optional(),
    timezone: z.string().optional(),
    active: z.boolean(),
    emails: z.array(entry).optional(),
    phoneNumbers: z.array(entry).optional(),
    groups: z.array(reference),
    [ENTERPRISE_SCHEMA]: z.strictObject({ organization: z.string() }).optional(),
    meta,
  })
  .meta({ id: 'ScimUser' })

export const Group = z
  .strictObject({ schemas: urns, id: z.string(), displayName: z.string(), members: z.array(reference).optional(), meta })
  .meta({ id: 'ScimGroup' })

/** Of users or groups, with the attributes that were asked for. */
export const listReply = <S extends z.ZodType>(resource: S) =>
  z.strictObject({ schemas: urns, totalResults: z.int(), startIndex: z.int(), itemsPerPage: z.int(), Resources: z.array(resource) })

/** RFC 7643 §5 to §7. */
export const Discovery = z.looseObject({ schemas: urns })
