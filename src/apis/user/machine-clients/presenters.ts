/** Machine clients: presenters, schemas and example, in Liquid's envelope. Only the first reply contains a secret. */
import * as z from 'zod'
import * as rules from '../../../core/machines/machine-rules.ts'
import type { Machine, MadeMachine } from '../../../core/machines/machines.ts'
import { toHex } from '../../../ids.ts'
import { date, listOf, ok, toIso } from '../replies.ts'

const MachineOut = z
  .strictObject({
    _id: z.string(),
    kind: z.enum(rules.MACHINE_KINDS),
    name: z.string(),
    scope: z.string(),
    createdAt: z.iso.datetime(),
    expiresAt: date,
    lastUsedAt: date.meta({ description: 'Accurate to 15 minutes' }),
    revokedAt: date,
  })
  .meta({ id: 'Machine' })

export function toMachine(machine: Machine): z.output<typeof MachineOut> {
  return {
    _id: toHex(machine.id),
    kind: machine.kind as rules.MachineKind,
    name: machine.name,
    scope: machine.scopes,
    createdAt: new Date(machine.createdAt).toISOString(),
    expiresAt: toIso(machine.expiresAt),
    lastUsedAt: toIso(machine.lastUsedAt),
    revokedAt: toIso(machine.revokedAt),
  }
}

const Made = z
  .strictObject({
    machine: MachineOut,
    secret: z.string().meta({ description: "The key, or a robot's password" }),
    account: z.strictObject({ username: z.string(), password: z.string() }).optional().meta({
      description: 'The account with which the service behind a license key signs in',
    }),
  })
  .meta({ id: 'CreatedMachine' })

export function toMade({ machine, secret, account }: MadeMachine): z.output<typeof Made> {
  return { machine: toMachine(machine), secret, ...(account === null ? {} : { account }) }
}

export const MadeMachineReply = ok(Made)
export const MachinesReply = listOf(MachineOut)

export const EXAMPLE_MACHINE: z.output<typeof MachineOut> = {
  _id: '507f1f77bcf86cd799439011',
  kind: 'api_key',
  name: 'Partner app',
  scope: 'delegated:all',
  createdAt: '2026-09-12T15:50:58.690Z',
  expiresAt: null,
  lastUsedAt: '2026-09-12T15:50:58.690Z',
  revokedAt: null,
}
