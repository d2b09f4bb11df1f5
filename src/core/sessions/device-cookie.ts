/**
 * The contents of the device cookie: by it an account recognizes a browser that has signed in to it (docs/limits.md).
 * It holds a random token that identifies the browser to the counters, and the accounts that know it with their times,
 * newest first, all signed. It grants no access and represents no session: signing out keeps it.
 */
import { currentMac, equalInConstantTime, type Keyring, mac, randomToken } from '../../crypto.ts'
import type { UserId } from '../../ids.ts'
import type { KnownDevice } from '../ctx.ts'

/** As it appears in a `Cookie` header. */
export const DEVICE_COOKIE = '__Host-kith_device'
/** Users who share a browser; beyond that the oldest count as strangers until they sign in again. */
const ACCOUNTS_MAX = 8
/** Token, accounts, signature, key id. Only a key id may contain dots. Cookies of earlier releases have no times. */
const FORM =
  /(?:^|;\s*)__Host-kith_device=([\w-]{43})\.([0-9a-f]{1,14}(?:-[0-9a-f]{1,11})?(?:~[0-9a-f]{1,14}(?:-[0-9a-f]{1,11})?){0,7})\.([\w-]{43})\.([A-Za-z0-9._-]{1,32})(?:;|$)/

/** The device cookie among the cookies sent, if we have signed it. */
export function readDevice(keys: Keyring, cookies: string | null): KnownDevice | null {
  const [, token, accounts, signature, kid] = FORM.exec(cookies ?? '') ?? []
  if (token === undefined || accounts === undefined || signature === undefined || kid === undefined) return null
  const expected = mac(keys, kid, 'device-cookie', token, accounts)?.toString('base64url')
  if (expected === undefined || !equalInConstantTime(expected, signature)) return null
  const known = accounts.split('~').map((account) => account.split('-').map((hex) => Number.parseInt(hex, 16)))
  return { token, accounts: new Map(known.map(([id = 0, at = 0]) => [id as UserId, at])) }
}

/** The cookie's new value: the account knows this browser. */
export function deviceCookieOf(keys: Keyring, device: KnownDevice | null, userId: UserId, now: number): string {
  const token = device?.token ?? randomToken()
  const others = [...(device?.accounts ?? [])].filter(([id]) => id !== userId)
  const accounts = [[userId, now] as const, ...others]
    .slice(0, ACCOUNTS_MAX)
    .map(([id, at]) => `${id.toString(16)}-${at.toString(16)}`)
    .join('~')
  return `${token}.${accounts}.${currentMac(keys, 'device-cookie', token, accounts).toString('base64url')}.${keys.current}`
}
