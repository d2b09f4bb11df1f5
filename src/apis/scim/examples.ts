/** What the API document shows. */
import { GROUP_SCHEMA, USER_SCHEMA } from './attributes.ts'

const BASE = 'https://example.com/scim/v2'
const ID = '507f1f77bcf86cd799439011'
const TIMES = { created: '2026-01-02T03:04:05.678Z', lastModified: '2026-01-02T03:04:05.678Z' }
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

export const USER_EXAMPLE = {
  schemas: [USER_SCHEMA],
  id: ID,
  externalId: '00u1a2b3c4',
  userName: 'john.smith@example.com',
  name: { formatted: 'John Smith', familyName: 'Smith', givenName: 'John' },
  displayName: 'John Smith',
  active: true,
  emails: [{ value: 'john.smith@example.com', type: 'work', primary: true }],
  groups: [{ value: 'editors', display: 'Editors' }],
  meta: { resourceType: 'User', ...TIMES, location: `${BASE}/Users/${ID}`, version: 'W/"mjwab1zi"' },
}

export const GROUP_EXAMPLE = {
  schemas: [GROUP_SCHEMA],
  id: 'editors',
  displayName: 'Editors',
  members: [{ value: ID, display: 'john.smith@example.com' }],
  meta: { resourceType: 'Group', ...TIMES, location: `${BASE}/Groups/editors` },
}

export const listExample = (resource: unknown) => ({
  schemas: [LIST],
  totalResults: 1,
  startIndex: 1,
  itemsPerPage: 1,
  Resources: [resource],
})
