// The load generator: N lanes, each a kept-alive connection that sends its next request once it has read the last reply
// (closed loop). `measureSideBySide` alternates subject and floor in short rounds, so that a burst of other load on a
// shared machine hits both.
import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'

export interface BenchRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

export interface BenchReply {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** What is measured. `next` makes the lane's next request; `read` gets the reply (rotated tokens, for instance). */
export interface Subject {
  name: string
  base: URL
  lanes: number
  next(lane: number): BenchRequest
  read?(lane: number, reply: BenchReply): void
  /** Makes what a round needs, before it is measured. */
  prepare?(): void
  /** Runs at the same time on its own connections; only its failures are counted. */
  background?: Subject
}

export interface Sample {
  perSecond: number
  latencies: number[]
  failed: number
  firstFailure: string | undefined
}

const REQUEST_TIMEOUT_MS = 30_000

export function send(agent: Agent, base: URL, host: string, wanted: BenchRequest): Promise<BenchReply> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = { host, ...wanted.headers }
    if (wanted.body !== undefined) headers['content-length'] = Buffer.byteLength(wanted.body)
    const outgoing = request(
      { agent, host: base.hostname, port: base.port, method: wanted.method, path: wanted.path, headers },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8')
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body })
        })
      },
    )
    outgoing.setTimeout(REQUEST_TIMEOUT_MS, () => outgoing.destroy(new Error('timed out')))
    outgoing.on('error', reject)
    outgoing.end(wanted.body)
  })
}

const emptySample = (): Sample => ({ perSecond: 0, latencies: [], failed: 0, firstFailure: undefined })

/** One connection per lane, kept for the whole run. */
export class Lanes {
  readonly agents: Agent[]
  readonly host: string

  constructor(count: number, host: string) {
    this.agents = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    this.host = host
  }

  close() {
    for (const agent of this.agents) agent.destroy()
  }

  /** Runs the subject for `seconds`, then waits for requests in flight. The rate uses the elapsed time. */
  async run(subject: Subject, seconds: number): Promise<Sample> {
    const sample = emptySample()
    subject.prepare?.()
    const started = performance.now()
    const deadline = started + seconds * 1000
    const behind = emptySample()
    const background = subject.background && this.#driveAll(subject.background, subject.lanes, deadline, behind)
    await this.#driveAll(subject, 0, deadline, sample)
    // Only 2xx count: a fast refusal must not look like speed.
    sample.perSecond = sample.latencies.length / ((performance.now() - started) / 1000)
    await background
    sample.failed += behind.failed
    sample.firstFailure ??= behind.firstFailure
    return sample
  }

  async #driveAll(subject: Subject, firstAgent: number, deadline: number, sample: Sample) {
    const agents = this.agents.slice(firstAgent, firstAgent + subject.lanes)
    if (agents.length < subject.lanes) throw new Error(`${subject.name} needs ${subject.lanes} connections`)
    await Promise.all(agents.map((agent, lane) => this.#drive(subject, agent, lane, deadline, sample)))
  }

  async #drive(subject: Subject, agent: Agent, lane: number, deadline: number, sample: Sample) {
    while (performance.now() < deadline) {
      const sentAt = performance.now()
      let failure: string | undefined
      try {
        const reply = await send(agent, subject.base, this.host, subject.next(lane))
        if (reply.status >= 200 && reply.status < 300) {
          sample.latencies.push(performance.now() - sentAt)
          subject.read?.(lane, reply)
        } else {
          failure = `${reply.status} ${reply.body.slice(0, 200)}`
        }
      } catch (error) {
        failure = String(error)
      }
      if (failure === undefined) continue
      sample.failed++
      sample.firstFailure ??= failure
    }
  }
}

export interface Pace {
  rounds: number
  seconds: number
  warmUpSeconds: number
}

export interface Side {
  name: string
  perSecond: number
  p50: number
  p99: number
  failed: number
  firstFailure: string | undefined
}

export interface Comparison {
  subject: Side
  floor: Side
  /** The median of the rounds' ratios. The two sides of a round are a second apart, so a slow minute affects both. */
  ratio: number
  /** The lowest and highest ratio of a single round: how far to trust `ratio`. */
  spread: [number, number]
}

export async function measureSideBySide(lanes: Lanes, subject: Subject, floor: Subject, pace: Pace): Promise<Comparison> {
  const ofSubject: Sample[] = []
  const ofFloor: Sample[] = []
  await lanes.run(floor, pace.warmUpSeconds)
  await lanes.run(subject, pace.warmUpSeconds)
  for (let round = 0; round < pace.rounds; round++) {
    const subjectFirst = round % 2 === 0
    if (subjectFirst) ofSubject.push(await lanes.run(subject, pace.seconds))
    ofFloor.push(await lanes.run(floor, pace.seconds))
    if (!subjectFirst) ofSubject.push(await lanes.run(subject, pace.seconds))
  }
  const left = toSide(subject.name, ofSubject)
  const right = toSide(floor.name, ofFloor)
  const perRound = ofSubject.map((sample, round) => sample.perSecond / (ofFloor[round]?.perSecond ?? Number.NaN))
  return {
    subject: left,
    floor: right,
    ratio: quantile(
      [...perRound].sort((a, b) => a - b),
      0.5,
    ),
    spread: [Math.min(...perRound), Math.max(...perRound)],
  }
}

function toSide(name: string, samples: Sample[]): Side {
  const latencies = samples.flatMap((sample) => sample.latencies).sort((a, b) => a - b)
  return {
    name,
    perSecond: quantile(
      samples.map((sample) => sample.perSecond).sort((a, b) => a - b),
      0.5,
    ),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    failed: samples.reduce((sum, sample) => sum + sample.failed, 0),
    firstFailure: samples.find((sample) => sample.firstFailure !== undefined)?.firstFailure,
  }
}

/** Interpolated between neighbours; NaN when nothing was measured. */
export function quantile(sorted: number[], q: number): number {
  if (sorted.length === 0) return Number.NaN
  const position = (sorted.length - 1) * q
  const low = sorted[Math.floor(position)] ?? Number.NaN
  const high = sorted[Math.ceil(position)] ?? Number.NaN
  return low + (high - low) * (position - Math.floor(position))
}
