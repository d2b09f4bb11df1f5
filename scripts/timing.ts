// Whether the time of a reply reveals that an account exists (security row 5): `npx node scripts/timing.ts`. Starts
// Kith in workerd, as the benchmark does, and sends requests of two classes in random order, 400 of each. Prints
// Welch's t, of all samples and of the fastest nine tenths (where a machine's hiccups do not drown a difference), and
// the gap between the medians; exits 1 when |t| reaches 4.5. Hashing is cheap here, so that it cannot hide a difference
// elsewhere: production adds 200 ms to both classes. `--full` hashes at production's cost instead.
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Bundle, bundleFloors, bundleWorker } from '../bench/bundle.ts'
import { type BenchReply, type BenchRequest, send } from '../bench/load.ts'
import { benchVars } from '../bench/prepare.ts'
import { type BenchDatabase, startRuntime } from '../bench/runtime.ts'

const { values: options } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    samples: { type: 'string', default: '400' },
    only: { type: 'string', default: '' },
  },
})

const SAMPLES = Number(options.samples)
const WARM_UP = 20
const ROUNDS = SAMPLES + WARM_UP
/** The usual threshold of leakage tests (TVLA): below it, no difference was shown. */
const T_LIMIT = 4.5
/** Wait until the mail has left before timing the next request. */
const AFTER_REPLY_MS = 8
const PASSWORD = 'a password that all of them share'
/** bcrypt at a cost of a few milliseconds (decision 057). */
const FOREIGN_HASH = '$2b$06$p345GKdNt7gjnHFD5vMLq.Ko2WeasGa7VWDKeiwk8StTlv.3RDFPe'
/** Only the test environment takes a cheap hash. */
const COST = options.full ? { SCRYPT_LN: '15' } : { ENVIRONMENT: 'test', SCRYPT_LN: '4' }

/** Two classes of requests to one route; `n` is the number of the sample, so that no account is used twice. */
interface Subject {
  name: string
  classes: [string, string]
  status: number
  request(which: 0 | 1, n: number): BenchRequest
}

const padded = (n: number) => String(n).padStart(6, '0')
const known = (group: string, n: number) => `known_${group}_${padded(n)}`
const unknown = (group: string, n: number) => `other_${group}_${padded(n)}`
const address = (name: string) => `${name}@example.com`
const name = (group: string, which: 0 | 1, n: number) => (which === 0 ? unknown(group, n) : known(group, n))

const GROUPS = ['create', 'byname', 'bymail', 'code', 'signin', 'resend'] as const
const ID_BASE = 2 ** 50
const idHex = (id: number) => id.toString(16).padStart(24, '0')
const knownId = (group: (typeof GROUPS)[number], n: number) => ID_BASE + GROUPS.indexOf(group) * 1_000_000 + n
const unknownId = (n: number) => ID_BASE + 900_000_000 + n

const subjects: Subject[] = [
  {
    name: 'POST /user/create',
    classes: ['free address', 'taken address'],
    status: 201,
    request: (which, n) =>
      post('/user/create', {
        username: `sign_up_${which}_${padded(n)}`,
        firstName: 'Test',
        lastName: 'Person',
        email: address(name('create', which, n)),
        password: PASSWORD,
      }),
  },
  {
    name: 'POST /user/login',
    classes: ['unknown name', 'wrong password'],
    status: 401,
    request: (which, n) => post('/user/login', { username: name('byname', which, n), password: 'not the password' }),
  },
  {
    name: 'POST /user/login by address',
    classes: ['unknown address', 'wrong password'],
    status: 401,
    request: (which, n) => post('/user/login', { email: address(name('bymail', which, n)), password: 'not the password' }),
  },
  {
    name: 'POST /user/code',
    classes: ['unknown address', 'known address'],
    status: 200,
    request: (which, n) => post('/user/code', { email: address(name('code', which, n)) }),
  },
  {
    name: 'POST /user/sign-in-code',
    classes: ['unknown address', 'known address'],
    status: 200,
    request: (which, n) => post('/user/sign-in-code', { email: address(name('signin', which, n)) }),
  },
  {
    name: 'GET /user/resend-verification',
    classes: ['unknown id', 'unverified account'],
    status: 200,
    request: (which, n) => ({
      method: 'GET',
      path: `/user/resend-verification?target=${idHex(which === 0 ? unknownId(n) : knownId('resend', n))}`,
    }),
  },
  {
    name: 'POST /user/reset-password with a wrong code',
    classes: ['no such code', 'a used code'],
    status: 400,
    request: (which, n) => post('/user/reset-password', { code: which === 0 ? wrongCode() : usedCode(n), password: PASSWORD }),
  },
]

function post(path: string, body: unknown): BenchRequest {
  return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

const usedCode = (n: number) => `used-code-of-${padded(n)}`
const wrongCode = () => `no-such-code-${randomBytes(3).toString('hex')}`

const folder = await mkdtemp(join(tmpdir(), 'kith-timing-'))
const vars = { ...benchVars(), ...COST, EMAIL_SIGN_IN: 'on' }
const runtime = await startRuntime({
  floors: await bundleFloors(),
  kith: { bundle: silenced(await bundleWorker(join(folder, 'bundle'))), vars },
  stores: join(folder, 'stores'),
})
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
try {
  if (runtime.kith === undefined) throw new Error('Kith did not start')
  const base = runtime.kith
  const call = (wanted: BenchRequest) => send(agent, base, new URL(vars.ORIGIN).host, fromAnywhere(wanted))
  await prepare(await runtime.kithDatabase(), call)
  console.log(`${SAMPLES} samples of each class; scrypt N=2^${vars.SCRYPT_LN}${options.full ? '' : ' (cheap; --full for production)'}\n`)
  const wanted = subjects.filter((subject) => subject.name.includes(options.only))
  for (const subject of wanted) if (!report(subject, await measure(subject, call))) process.exitCode = 1
} finally {
  agent.destroy()
  await runtime.stop()
  await rm(folder, { recursive: true, force: true })
}

/** Without the log line of each request, which workerd would print between the results. */
function silenced(bundle: Bundle): Bundle {
  const [entry, ...others] = bundle.modules
  if (entry === undefined) throw new Error('the bundle is empty')
  const contents = new Uint8Array(Buffer.concat([Buffer.from('console.info = () => {}\n'), entry.contents]))
  return { ...bundle, modules: [{ ...entry, contents }, ...others] }
}

/** Each request comes from its own network, so that no limit applies. */
function fromAnywhere(wanted: BenchRequest): BenchRequest {
  const network = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`
  return { ...wanted, headers: { ...wanted.headers, 'cf-connecting-ip': network, 'user-agent': 'timing' } }
}

type Call = (wanted: BenchRequest) => Promise<BenchReply>

/** Accounts by SQL: half of them with the hash of one sign-up, half with one of another system that takes longer; verified, except those who ask for their code again. */
async function prepare(database: BenchDatabase, call: Call): Promise<void> {
  const first = { username: 'the_first_one', firstName: 'Test', lastName: 'Person', email: address('the_first_one'), password: PASSWORD }
  const made = await call(post('/user/create', first))
  if (made.status !== 201) throw new Error(`sign-up: ${made.status} ${made.body}`)
  for (const group of GROUPS) {
    const people = Array.from({ length: ROUNDS }, (_, n) => ({ id: knownId(group, n), name: known(group, n) }))
    const verifiedAt = group === 'resend' ? null : Date.now()
    await database
      .prepare(
        `INSERT INTO users (id, username, username_key, email, email_key, email_verified_at, given_name, family_name, created_at, updated_at)
         SELECT value ->> 'id', value ->> 'name', value ->> 'name', (value ->> 'name') || '@example.com', (value ->> 'name') || '@example.com',
                ?, 'Test', 'Person', ?, ? FROM json_each(?)`,
      )
      .bind(verifiedAt, Date.now(), Date.now(), JSON.stringify(people))
      .run()
  }
  await database
    .prepare(
      `INSERT INTO credentials (user_id, password_hash, updated_at)
       SELECT u.id, iif(u.id % 2, ?, (SELECT password_hash FROM credentials LIMIT 1)), 0 FROM users u WHERE u.id >= ? ON CONFLICT (user_id) DO NOTHING`,
    )
    .bind(FOREIGN_HASH, ID_BASE)
    .run()
  const digests = await Promise.all(Array.from({ length: ROUNDS }, async (_, n) => ({ n, hash: await sha256(usedCode(n)) })))
  await database
    .prepare(
      `INSERT INTO challenges (id, purpose, user_id, epoch, code_id, random, kid, code_hash, created_at, expires_at, consumed_at, consumed_by)
       SELECT ? + (value ->> 'n'), 'reset_password', ? + (value ->> 'n'), 0, ? + (value ->> 'n'), '', 'dev-bench', value ->> 'hash', 0, ?, 1, 1
       FROM json_each(?)`,
    )
    .bind(ID_BASE, knownId('code', 0), ID_BASE, Date.now() + 3_600_000, JSON.stringify(digests))
    .run()
}

async function sha256(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('base64url')
}

/** Milliseconds of each class, in random order, without the warm-up. */
async function measure(subject: Subject, call: Call): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []]
  const next = [0, 0]
  for (const which of shuffledClasses()) {
    const n = next[which] ?? 0
    next[which] = n + 1
    const wanted = subject.request(which, n)
    const startedAt = performance.now()
    const reply = await call(wanted)
    const took = performance.now() - startedAt
    if (reply.status !== subject.status) throw new Error(`${subject.name}: ${reply.status} ${reply.body}`)
    if (n >= WARM_UP) times[which].push(took)
    await pause(AFTER_REPLY_MS)
  }
  return times
}

function shuffledClasses(): (0 | 1)[] {
  const order = Array.from({ length: 2 * ROUNDS }, (_, index): 0 | 1 => (index % 2 === 0 ? 0 : 1))
  for (let at = order.length - 1; at > 0; at--) {
    const other = randomInt(at + 1)
    const [a = 0, b = 0] = [order[at], order[other]]
    order[at] = b
    order[other] = a
  }
  return order
}

/** Prints one line; false when the classes can be told apart. */
function report(subject: Subject, [a, b]: [number[], number[]]): boolean {
  const limit = quantile([...a, ...b], 0.9)
  const ts = [welch(a, b), welch(a.filter(below(limit)), b.filter(below(limit)))]
  const [ma, mb] = [quantile(a, 0.5), quantile(b, 0.5)]
  const same = ts.every((t) => Math.abs(t) < T_LIMIT)
  const medians = `medians ${ma.toFixed(2)} and ${mb.toFixed(2)} ms, gap ${((100 * (mb - ma)) / ma).toFixed(1)} %`
  console.log(`${same ? 'same' : 'DIFFERS'}  ${subject.name}: ${subject.classes.join(' / ')}`)
  console.log(`         t = ${ts.map((t) => t.toFixed(2)).join(', of the fastest nine tenths ')}; ${medians}`)
  return same
}

function below(limit: number): (value: number) => boolean {
  return (value) => value < limit
}

function welch(a: number[], b: number[]): number {
  const [x, y] = [moments(a), moments(b)]
  return (y.mean - x.mean) / Math.sqrt(x.variance / a.length + y.variance / b.length)
}

function moments(values: number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) }
}

function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
