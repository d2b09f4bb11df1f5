/**
 * `npm run bench -- --media`: files of 1, 100 and 300 MB up and down through Kith, beside a bare Worker that streams
 * the same bytes through the same simulated R2; the peak memory of workerd for each; small downloads beside their
 * floors. Memory decides: a stream costs only its buffers, whatever its length. Times are this machine's.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { bundleMediaFloor, bundleWorker } from './bundle.ts'
import { Lanes, measureSideBySide, type Pace, type Subject } from './load.ts'
import { peakOfChildren } from './memory.ts'
import { benchVars, prepareKith } from './prepare.ts'
import { misses, printRows, type Row } from './report.ts'
import { type Kith, startRuntime } from './runtime.ts'

const MEBIBYTE = 1024 * 1024
/**
 * How much more than the bare Worker's peak Kith's may grow from the smallest file to a larger one. The allowance is
 * for garbage that V8 has not collected yet; a buffered body would add 99 MB or 299 MB.
 */
const HELD_MAX_MB = 64
/** Upload speed relative to the bare Worker, whose bytes never pass through JavaScript and are not hashed. */
const UPLOAD_RATIO = 0.5
const CONNECTIONS = 16
const SMALL = 20 * 1024
/** One D1 read and one R2 read are unavoidable; the gate and the row come in one batch. */
const DOWNLOAD_RATIO = 0.5

/** For the largest size, in every round. */
const ROOM = { MEDIA_UPLOAD_BYTES_MAX: String(512 * MEBIBYTE), MEDIA_BYTES_PER_USER: String(4_096 * MEBIBYTE) }

type Side = 'Kith' | 'bare'

export interface Size {
  /** In MB. */
  readonly files: readonly number[]
  readonly rounds: number
  readonly pace: Pace
}
export const FULL: Size = { files: [1, 100, 300], rounds: 3, pace: { rounds: 5, seconds: 2, warmUpSeconds: 1 } }
export const QUICK: Size = { files: [1, 2], rounds: 1, pace: { rounds: 1, seconds: 0.2, warmUpSeconds: 0.1 } }

/** Prints the tables and returns the misses. */
export async function benchMedia(size: Size): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-bench-media-'))
  try {
    const kith = { bundle: await bundleWorker(join(folder, 'bundle')), vars: { ...benchVars(), ...ROOM } }
    const missed = await benchSizes(kith, folder, size)
    return [...missed, ...(await benchSmall(kith, join(folder, 'small'), size.pace))]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Transfer {
  readonly upMbPerS: number
  readonly downMbPerS: number
  readonly peakMb: number
}

/** Each size and side in its own workerd, because a peak never goes down. */
async function benchSizes(kith: Kith, folder: string, { files, rounds }: Size): Promise<string[]> {
  const found: Record<Side, Transfer[]> = { bare: [], Kith: [] }
  // Both sides of a size in turn: the load on this machine changes slowly.
  for (const [index, size] of files.entries()) {
    for (const side of ['bare', 'Kith'] as const) {
      const transfer = await transferIn(kith, join(folder, `${side}-${size}`), side, { size: size * MEBIBYTE, rounds })
      found[side].push(transfer)
      printTransfer(side, size, transfer, transfer.peakMb - (found[side][0]?.peakMb ?? 0), index)
    }
  }
  console.log('')
  return files.flatMap((size, index) => (index === 0 ? [] : judge(size, index, found)))
}

function printTransfer(side: Side, size: number, { upMbPerS, downMbPerS, peakMb }: Transfer, growthMb: number, index: number): void {
  const [up, down] = [upMbPerS, downMbPerS].map((speed) => speed.toFixed(0).padStart(4))
  const growth = index === 0 ? '' : `  +${growthMb.toFixed(0)} MB`
  console.log(`${side} ${String(size).padStart(3)} MB  up ${up} MB/s  down ${down} MB/s  peak of workerd ${peakMb.toFixed(0)} MB${growth}`)
}

/** The misses at this size. */
function judge(size: number, index: number, { bare, Kith }: Record<Side, Transfer[]>): string[] {
  const growth = (side: Transfer[]) => (side[index]?.peakMb ?? Number.NaN) - (side[0]?.peakMb ?? Number.NaN)
  const held = growth(Kith) - growth(bare)
  const ratio = (Kith[index]?.upMbPerS ?? Number.NaN) / (bare[index]?.upMbPerS ?? Number.NaN)
  console.log(
    `${size} MB: Kith grows ${held.toFixed(0)} MB more than bare (target <= ${HELD_MAX_MB}); upload ${ratio.toFixed(2)} of its speed (target >= ${UPLOAD_RATIO})`,
  )
  const missed: string[] = []
  if (!(held <= HELD_MAX_MB)) missed.push(`memory of a file of ${size} MB grows ${held.toFixed(0)} MB more than the bare Worker's`)
  if (!(ratio >= UPLOAD_RATIO)) missed.push(`an upload of ${size} MB has ${ratio.toFixed(2)} of the bare Worker's speed`)
  return missed
}

async function transferIn(kith: Kith, stores: string, side: Side, { size, rounds }: { size: number; rounds: number }): Promise<Transfer> {
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
    for (let round = 0; round < rounds; round++) {
      const sent = await call('POST', side === 'Kith' ? `/user/media/files?name=${round}` : `/${round}`, body)
      const got = await call('GET', side === 'Kith' ? `/user/media/files/${JSON.parse(sent.text).data.file._id}/content` : `/${round}`)
      if (got.bytes !== size) throw new Error(`${got.bytes} of ${size} bytes came back`)
      up += sent.seconds
      down += got.seconds
    }
    const megabytes = (rounds * size) / MEBIBYTE
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

/** Counts the bytes of the reply and keeps only a little text. */
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

/** 20 KB, the size of an avatar: the bucket alone (which serves avatars), and a private file through Kith. */
async function benchSmall(kith: Kith, stores: string, pace: Pace): Promise<string[]> {
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
      { comparison: await measureSideBySide(lanes, { ...bare, name: 'the same floor' }, bare, pace), target: {} },
      { comparison: await measureSideBySide(lanes, withRow, bare, pace), target: {} },
      { comparison: await measureSideBySide(lanes, download, withRow, pace), target: { ratio: DOWNLOAD_RATIO } },
    ]
    printRows(rows)
    return rows.flatMap(misses)
  } finally {
    lanes.close()
    await running.stop()
  }
}
