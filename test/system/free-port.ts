/** Ports for servers of tests, which are named before they listen: to a program, in a redirect URI, on the way to a restart. */
import { createServer } from 'node:net'

/**
 * Below what systems give to whoever asks for any port, and to each connection that they open (Linux from 32768, gVisor from
 * 16000, macOS and Windows from 49152): nobody else gets one of these between its choice and its server.
 */
const FIRST = 11_000
/** Each worker of Vitest has its own; the set-up, which is none of them, has the first. */
const EACH = 1000
const HOSTS = ['127.0.0.1', '::1']

const first = FIRST + EACH * Number(process.env.VITEST_POOL_ID ?? 0)
// Anywhere in it, so that another run beside this one seldom asks for the same.
let next = Math.floor(Math.random() * EACH)

/** A port at which nothing listens, for this process alone: it never gives one again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < EACH; tries++) {
    const port = first + (next++ % EACH)
    const taken = await Promise.all(HOSTS.map((host) => isTaken(port, host)))
    if (!taken.includes(true)) return port
  }
  throw new Error(`no port from ${first} on is free`)
}

function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    // A machine without IPv6 has no such address, and so nobody at it.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE'))
    probe.listen(port, host, () => probe.close(() => resolve(false)))
  })
}
