/** Requests about machine clients. */
import * as z from 'zod'
import * as rules from '../../../core/machines/machine-rules.ts'
import type { MachineId } from '../../../ids.ts'
import { hexId } from '../wire.ts'

export const CreateMachineBody = z.strictObject({
  kind: rules.machineKind,
  name: rules.machineName,
  scope: rules.machineScope.optional(),
  expiresAt: rules.machineExpiry.nullable().optional(),
})

export const RevokeMachineBody = z.strictObject({ id: hexId<MachineId>() })
