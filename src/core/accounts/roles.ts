/** The roles that accounts can have (wire §6.16), as everyone may see them. */
import { listRoles } from '../../store/db/roles.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'

export interface Role {
  readonly id: string
  readonly displayName: string
  /** 1 is the highest. */
  readonly ranking: number
  readonly description: string
  /** Built in: cannot be changed or deleted. */
  readonly isSystem: boolean
}

export async function listAllRoles(_ctx: Ctx, gate: Gate): Promise<Role[]> {
  const { reads } = await gate(() => [listRoles()])
  return reads[0].map(({ id, displayName, ranking, description, system }) => ({
    id,
    displayName,
    ranking,
    description,
    isSystem: system === 1,
  }))
}
