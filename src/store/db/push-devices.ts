/** Push devices of users: one of each type per user. Stored for apps; Kith sends no pushes. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, run, type Statement } from './database.ts'

export interface PushDevice {
  readonly deviceType: string
  readonly osVersion: string | null
  readonly deviceToken: string | null
  readonly voipDeviceToken: string | null
  /** 0 production, 1 sandbox. */
  readonly mode: number | null
}

/** Without the tokens, which let their holder write to the device. */
export function listPushDevices(
  userId: UserId,
): Statement<(Pick<PushDevice, 'deviceType' | 'osVersion'> & { readonly updatedAt: number })[]> {
  return all(sql`SELECT device_type, os_version, updated_at FROM push_devices WHERE user_id = ${userId} ORDER BY device_type`)
}

/** Stores the device of an existing user, where `condition` holds. Null values leave what is stored. */
export function putPushDevice(userId: UserId, device: PushDevice, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO push_devices (user_id, device_type, os_version, device_token, voip_device_token, mode, updated_at)
    SELECT u.id, ${device.deviceType}, ${device.osVersion}, ${device.deviceToken}, ${device.voipDeviceToken}, ${device.mode}, ${now}
    FROM users u WHERE u.id = ${userId} AND (${condition})
    ON CONFLICT (user_id, device_type) DO UPDATE SET
      os_version = COALESCE(excluded.os_version, os_version), device_token = COALESCE(excluded.device_token, device_token),
      voip_device_token = COALESCE(excluded.voip_device_token, voip_device_token), mode = COALESCE(excluded.mode, mode),
      updated_at = excluded.updated_at`)
}
