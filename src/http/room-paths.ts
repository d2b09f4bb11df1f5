/**
 * Paths of the rooms of the four older APIs (wire §0.1): each below a path of its own and, with `HOST_ROOMS`, at the
 * root of a host of its own. A trailing slash makes no difference and causes no redirect (wire §0.3). Only routing uses
 * the result; `c.req.url` stays as requested.
 */
import { getPath } from 'hono/utils/url'
import { type Bindings, type Config, getConfig, type HostRoom } from '../config.ts'

export const ROOM_PATHS: Readonly<Record<HostRoom, string>> = {
  mirrorfly: '/api/v1',
  movida: '/api',
  mxit: '/mxit',
  epixel: '/epixel/v1',
}

/** For Hono's `getPath`: the path to route. */
export function roomPath(request: Request, options?: { env?: Bindings }): string {
  const path = getPath(request)
  return options?.env ? toRoomPath(() => hostOf(request.url), path, getConfig(options.env)) : path
}

/** A trailing dot does not change a host name (RFC 3986 §3.2.2). */
export function hostOf(url: string): string {
  return new URL(url).host.replace(/\.(?=:|$)/, '')
}

/** A room with its own host is at that host's root, and also at its usual path. `EPIXEL_PATH` moves that room. */
export function toRoomPath(host: () => string, path: string, config: Pick<Config, 'hostRooms' | 'epixelPath'>): string {
  const room = config.hostRooms.size > 0 ? config.hostRooms.get(host()) : undefined
  const moved = isBelow(path, config.epixelPath) ? `${ROOM_PATHS.epixel}${path.slice(config.epixelPath.length)}` : path
  const placed = room === undefined || isBelow(moved, ROOM_PATHS[room]) ? moved : `${ROOM_PATHS[room]}${moved}`
  return placed.endsWith('/') && PATHS.some((base) => isBelow(placed, base)) ? placed.slice(0, -1) : placed
}

const PATHS = Object.values(ROOM_PATHS)

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`)
}
