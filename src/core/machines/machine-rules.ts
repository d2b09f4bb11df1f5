/**
 * What may be requested of a machine: the atoms of its fields, and the rules that depend on its kind. Both the admin
 * API and the operator's command use them.
 */
import * as z from 'zod'
import { type MachineId, timeOf } from '../../ids.ts'
import { AppError } from '../errors.ts'
import { DAY_MS, MACHINE_LIFE_MS_MAX } from '../limits.ts'
import { clientName, clientScope } from '../oauth/client-fields.ts'
import { coveredBy, type Scope } from '../scopes.ts'

export const MACHINE_KINDS = ['robot', 'api_key', 'license_key'] as const
export type MachineKind = (typeof MACHINE_KINDS)[number]

export const machineKind = z.enum(MACHINE_KINDS, `must be one of ${MACHINE_KINDS.join(', ')}`).meta({ example: 'api_key' })
export const machineName = clientName.meta({ description: "A robot's user name, or what a key is for", example: 'Partner app' })
export const machineScope = clientScope.meta({ description: 'Its maximum scopes; by default all that its kind may have' })
export const machineExpiry = z.iso
  .datetime('must be a time such as 2030-01-01T00:00:00.000Z')
  .transform((v) => Date.parse(v))
  .meta({ description: 'Within ten years; if omitted, it does not expire', example: '2030-01-01T00:00:00.000Z' })

/** It goes into a header unchanged, and into the HA1 before a colon (RFC 7616 §3.4). */
const ROBOT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$/

/** The maximum scopes of each kind, and its defaults. Robots read; keys act for users, or for users of their own. */
const SCOPES_OF_KIND: Readonly<Record<MachineKind, readonly Scope[]>> = {
  robot: ['client:profile:read'],
  api_key: ['delegated:all'],
  license_key: ['client:profile:all', 'delegated:all'],
}

export interface NewMachine {
  /** Drawn by the form that asks for it, so that the form creates one however often it is sent; otherwise a new one. */
  readonly id?: MachineId | undefined
  readonly kind: MachineKind
  /** A robot's user name, or the purpose of a key. */
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: number | null
}

export type MachineRequest = Pick<NewMachine, 'id' | 'kind' | 'name'> & {
  readonly scopes?: readonly Scope[] | undefined
  readonly expiresAt?: number | null | undefined
}

/** What is wrong with the time at which a credential ends; null: nothing. */
export function expiryProblem(expiresAt: number, now: number): string | null {
  if (expiresAt <= now) return 'must be in the future'
  return expiresAt - now > MACHINE_LIFE_MS_MAX ? 'must be within ten years' : null
}

/** With the defaults of its kind; throws `invalid_request` with a field for each rule that it breaks. */
export function judgeMachine(request: MachineRequest, now: number): NewMachine {
  const { id, kind, name, expiresAt = null } = request
  const most = SCOPES_OF_KIND[kind]
  const scopes = request.scopes ?? most
  const lifeProblem = expiresAt === null ? null : expiryProblem(expiresAt, now)
  const rules: readonly [isBroken: boolean, path: string, message: string][] = [
    [kind === 'robot' && !ROBOT_NAME.test(name), 'name', 'of a robot must have 3 to 64 letters, digits, ., _ or -'],
    [scopes.length === 0, 'scope', 'must name a scope'],
    [!scopes.every((scope) => coveredBy(most, scope)), 'scope', `of this kind must be within ${most.join(' ')}`],
    [lifeProblem !== null, 'expiresAt', lifeProblem ?? ''],
    // The list is ordered by id: none is from the future.
    [id !== undefined && Math.abs(now - timeOf(id)) > DAY_MS, 'id', 'is out of date'],
  ]
  const broken = rules.filter(([isBroken]) => isBroken)
  AppError.refuse(broken.map(([, path, message]) => ({ path, message })))
  return { id, kind, name, scopes, expiresAt }
}
