/**
 * `npm run bench -- --media`: files of 1 MB and 100 MB up and down through Kith, beside a bare Worker that streams the same
 * bytes through the same simulated R2; the peak memory of workerd for each; small downloads beside their floors. Memory
 * decides (a stream is as dear as its buffers, whatever its length); times are this machine's.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { bundleMediaFloor, bundleWorker } from './bundle.ts'
import { Lanes, measureSideBySide, type Subject } from './load.ts'
import { peakOfChildren } from './memory.ts'
import { benchVars, prepareKith } from './prepare.ts'
import { misses, printRows, type Row } from './report.ts'
import { type Kith, startRuntime } from './runtime.ts'

const MEBIBYTE = 1024 * 1024
const SIZES = [1, 100] as const
const ROUNDS = 3
/** Peak memory at 100 MB over that at 1 MB; a body that is held would make it two and more. */
const GROWTH_MAX = 1.5
/** Of Kith over the bare Worker: what Kith itself holds of a body. */
const OVER_FLOOR_MAX = 1.5
const CONNECTIONS = 16
const SMALL = 20 * 1024
const PACE = { rounds: 5, seconds: 2, warmUpSeconds: 1 }
/** One D1 read and one R2 read are unavoidable; the gate and the row come in one batch. */
const DOWNLOAD_RATIO = 0.5

type Side = 'Kith' | 'bare'

/** Prints the tables; answers what was missed. */
export async function benchMedia(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-bench-media-'))
  try {
    const kith = { bundle: await bundleWorker(join(folder, 'bundle')), vars: benchVars() }
    const missed = await benchSizes(kith, folder)
    return [...missed, ...(await benchSmall(kith, join(folder, 'small')))]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Transfer {
  readonly upMbPerS: number
  readonly downMbPerS: number
  readonly peakMb: number
}

/** Each size and side in a workerd of its own: a peak never goes down. */
async function benchSizes(kith: Kith, folder: string): Promise<string[]> {
  const found = new Map<string, Transfer>()
  for (const side of ['bare', 'Kith'] as const) {
    for (const size of SIZES) {
      const transfer = await transferIn(kith, join(folder, `${side}-${size}`), side, size * MEBIBYTE)
      found.set(`${side} ${size}`, transfer)
      const { upMbPerS, downMbPerS, peakMb } = transfer
      console.log(
        `${side.padEnd(4)} ${String(size).padStart(3)} MB  up ${upMbPerS.toFixed(0).padStart(4)} MB/s  down ${downMbPerS.toFixed(0).padStart(4)} MB/s  peak of workerd ${peakMb.toFixed(0)} MB`,
      )
    }
  }
  const peak = (side: Side, size: number) => found.get(`${side} ${size}`)?.peakMb ?? Number.NaN
  const growth = peak('Kith', 100) / peak('Kith', 1)
  const overFloor = peak('Kith', 100) / peak('bare', 100)
  const floorGrowth = peak('bare', 100) / peak('bare', 1)
  console.log(`\npeak at 100 MB over 1 MB: Kith ${growth.toFixed(2)} (target <= ${GROWTH_MAX}), bare ${floorGrowth.toFixed(2)}`)
  console.log(`peak at 100 MB, Kith over bare: ${overFloor.toFixed(2)} (target <= ${OVER_FLOOR_MAX})\n`)
  const missed: string[] = []
  // What the simulator's own storage holds of a body is not Kith's.
  if (!(growth <= GROWTH_MAX * Math.max(1, floorGrowth))) missed.push(`memory grows ${growth.toFixed(2)} times from 1 MB to 100 MB`)
  if (!(overFloor <= OVER_FLOOR_MAX)) missed.push(`memory at 100 MB is ${overFloor.toFixed(2)} of the bare Worker's`)
  return missed
}

async function transferIn(kith: Kith, stores: string, side: Side, size: number): Promise<Transfer> {
  const running = await startRuntime({ floors: await bundleMediaFloor(), kith, stores })
  const lanes = new Lanes(2, new URL(kith.vars.ORIGIN ?? '').host)
  try {
    if (running.kith === undefined) throw new Error('Kith does not run')
    // The same start for both sides: the peak of a password hash is in each.
    const { signedIn } = await prepareKith({ base: running.kith, lanes, connections: 1, database: await running.kithDatabase() })
    const authorization = `Bearer ${signedIn[0]?.accessToken}`
    const base = side === 'Kith' ? running.kith : running.floors
    const call = (method: string, path: string, body?: Buffer) => transfer(base, lanes.host, { method, path, authorization, body })
    const body = randomBytes(size)
    let [up, down] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      const sent = await call('POST', side === 'Kith' ? `/user/media/files?name=${round}` : `/${round}`, body)
      const got = await call('GET', side === 'Kith' ? `/user/media/files/${JSON.parse(sent.text).data.file._id}/content` : `/${round}`)
      if (got.bytes !== size) throw new Error(`${got.bytes} of ${size} bytes came back`)
      up += sent.seconds
      down += got.seconds
    }
    const megabytes = (ROUNDS * size) / MEBIBYTE
    return { upMbPerS: megabytes / up, downMbPerS: megabytes / down, peakMb: peakOfChildren('workerd') / 1024 }
  } finally {
    lanes.close()
    await running.stop()
  }
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly authorization: string
  readonly body?: Buffer | undefined
}

/** Counts what comes back and keeps none of it but a little text. */
function transfer(
  base: URL,
  host: string,
  { method, path, authorization, body }: Sent,
): Promise<{ seconds: number; bytes: number; text: string }> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const headers = { host, authorization, 'cf-connecting-ip': '198.51.100.1', 'content-length': body?.byteLength ?? 0 }
    const outgoing = request({ agent: new Agent(), host: base.hostname, port: base.port, method, path, headers }, (incoming) => {
      let bytes = 0
      let text = ''
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength
        if (text.length < 2_000) text += chunk.toString('latin1').slice(0, 2_000)
      })
      incoming.on('error', reject)
      incoming.on('end', () => {
        if ((incoming.statusCode ?? 0) >= 300) reject(new Error(`${method} ${path}: ${incoming.statusCode} ${text.slice(0, 300)}`))
        else resolve({ seconds: (performance.now() - startedAt) / 1000, bytes, text })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** 20 KB, as an avatar has: the bucket alone (which serves avatars), and a private file through Kith. */
async function benchSmall(kith: Kith, stores: string): Promise<string[]> {
  const running = await startRuntime({ floors: await bundleMediaFloor(), kith, stores })
  const lanes = new Lanes(CONNECTIONS, new URL(kith.vars.ORIGIN ?? '').host)
  try {
    const { kith: base, floors } = running
    if (base === undefined) throw new Error('Kith does not run')
    const { signedIn } = await prepareKith({ base, lanes, connections: 1, database: await running.kithDatabase() })
    const authorization = `Bearer ${signedIn[0]?.accessToken}`
    const body = randomBytes(SMALL)
    const sent = await transfer(base, lanes.host, { method: 'POST', path: '/user/media/files?name=small', authorization, body })
    await transfer(floors, lanes.host, { method: 'POST', path: '/small', authorization, body })
    const subject = (name: string, from: URL, path: string): Subject => ({
      name,
      base: from,
      lanes: CONNECTIONS,
      next: (lane) => ({ method: 'GET', path, headers: { authorization, 'cf-connecting-ip': `198.51.100.${1 + lane}` } }),
    })
    const bare = subject('bare R2 get', floors, '/small')
    const withRow = subject('bare D1 read + R2 get', floors, '/with-row/small')
    const download = subject('media download, 20 KB', base, `/user/media/files/${JSON.parse(sent.text).data.file._id}/content`)
    const rows: Row[] = [
      { comparison: await measureSideBySide(lanes, { ...bare, name: 'the same floor' }, bare, PACE), target: {} },
      { comparison: await measureSideBySide(lanes, withRow, bare, PACE), target: {} },
      { comparison: await measureSideBySide(lanes, download, withRow, PACE), target: { ratio: DOWNLOAD_RATIO } },
    ]
    printRows(rows)
    return rows.flatMap(misses)
  } finally {
    lanes.close()
    await running.stop()
  }
}
