/** Roles, as everybody sees them: presenter, schemas and example. */
import * as z from 'zod'
import type { Role as KnownRole } from '../../../core/accounts/roles.ts'

export const Role = z
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
export const RolesReply = z.strictObject({ ok: z.literal(1), roles: z.array(Role), data: z.strictObject({ roles: z.array(Role) }) })
export const EXAMPLE_ROLE: z.output<typeof Role> = {
  id: 'super_admin',
  displayName: 'Super Admin',
  ranking: 1,
  description: 'May do everything.',
  system: true,
}
