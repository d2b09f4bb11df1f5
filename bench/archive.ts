/**
 * `npm run bench -- --archive` (Linux): what the one invocation of cron costs that makes the archive of somebody with 10,000
 * files, or with a gigabyte of large ones: time, CPU, memory, queries of D1, operations of R2 (decision 058). CPU and memory
 * are those of workerd as a whole, so they include its simulated D1 and R2, which take most of both: they decide nothing.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { CRON_PATH, FILES_PATH, OPERATIONS_ALLOWED, type Used } from './archive/paths.ts'
import { bundleArchiveWorker } from './bundle.ts'
import { GraphClient } from './graph/client.ts'
import { type BenchRequest, send } from './load.ts'
import { childrenCpuMs, memoryOfChildren, peakOfChildren, resetPeakOfChildren } from './memory.ts'
import { benchVars, signUp } from './prepare.ts'
import { type KithAlone, startKithAlone } from './runtime.ts'

const QUERIES_ALLOWED = 1_000
const WALL_ALLOWED_MS = 15 * 60_000
const MEBIBYTE = 1024 * 1024

export interface Case {
  readonly count: number
  readonly size: number
}
export const FULL: readonly Case[] = [
  { count: 10_000, size: 20_000 },
  { count: 10_000, size: 100_000 },
  { count: 100, size: 10 * MEBIBYTE },
]
export const QUICK: readonly Case[] = [{ count: 60, size: 1_000 }]

/** Prints a line for each case and returns the misses. */
export async function benchArchive(cases: readonly Case[]): Promise<string[]> {
  const vars = { ...benchVars(), MEDIA_FILES_PER_USER: '10000', MEDIA_BYTES_PER_USER: String(2_048 * MEBIBYTE) }
  const kith = { bundle: await bundleArchiveWorker(), vars }
  const missed: string[] = []
  for (const one of cases) {
    const stores = await mkdtemp(join(tmpdir(), 'kith-bench-archive-'))
    const running = await startKithAlone({ kith, stores })
    try {
      missed.push(...(await measureArchive(running, new URL(vars.ORIGIN).host, one)))
    } finally {
      await running.stop()
      await rm(stores, { recursive: true, force: true })
    }
  }
  return missed
}

async function measureArchive(running: KithAlone, host: string, { count, size }: Case): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const call = (wanted: BenchRequest) => send(agent, running.base, host, wanted)
  // The bench's own paths take longer than `send` waits.
  const ask = async (path: string, body: object = {}) => {
    const reply = await fetch(new URL(path, running.base), { method: 'POST', body: JSON.stringify(body) })
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${(await reply.text()).slice(0, 500)}`)
    return await reply.text()
  }
  const people = new GraphClient(running, host)
  try {
    await signUp(call, 'bench_archive')
    const row = await running.database.prepare("SELECT id FROM users WHERE username = 'bench_archive'").first<{ id: number }>()
    const userId = row?.id ?? 0
    await ask(FILES_PATH, { userId, count, size })
    const headers = { cookie: await people.signIn(userId), 'sec-fetch-site': 'same-origin' }
    const asked = await call({ method: 'POST', path: '/user/archives', headers })
    if (asked.status !== 201) throw new Error(`${asked.status} ${asked.body}`)
    const [cpu, held] = [childrenCpuMs('workerd'), memoryOfChildren('workerd')]
    resetPeakOfChildren('workerd')
    const startedAt = performance.now()
    const used = JSON.parse(await ask(CRON_PATH)) as Used
    const wallMs = performance.now() - startedAt
    const cpuMs = childrenCpuMs('workerd') - cpu
    const grownMb = (peakOfChildren('workerd') - held) / 1024
    const made = await running.database.prepare('SELECT files, bytes FROM account_archives').first<{ files: number; bytes: number }>()
    console.log(
      `${count} files of ${size} bytes: an archive of ${made?.files} files, ${((made?.bytes ?? 0) / MEBIBYTE).toFixed(0)} MiB; ${(wallMs / 1000).toFixed(1)} s, ` +
        `CPU ${(cpuMs / 1000).toFixed(1)} s, ${grownMb.toFixed(0)} MB more memory; D1 ${used.queries} queries in ${used.trips} trips, ` +
        `${used.rows} rows read; R2 ${used.operations} operations`,
    )
    return [
      ...(made?.files === count ? [] : [`the archive has ${made?.files} of ${count} files`]),
      ...(used.queries < QUERIES_ALLOWED ? [] : [`${used.queries} queries of D1`]),
      ...(used.operations < OPERATIONS_ALLOWED ? [] : [`${used.operations} operations of R2`]),
      ...(wallMs < WALL_ALLOWED_MS ? [] : [`${wallMs} ms`]),
    ].map((what) => `${count} files of ${size} bytes: ${what}`)
  } finally {
    people.close()
    agent.destroy()
  }
}
