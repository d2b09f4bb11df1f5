// D1 as production has it, security §2.2: 2 MB per bound value, 100 parameters, 100 KB per statement, one statement per
// prepare, no `exec`, no BEGIN, 1,000 queries per invocation, lagging replicas (F5). Counts, and injects faults.
// Not enforced: the 2 MB limit of a whole row, 30 s per query. Migrations go to the unwrapped database.
import type { Core } from './core.ts'
import { hasSeveralStatements, isRead, isTransactionControl } from './sql-text.ts'

export const VALUE_BYTES_MAX = 2_000_000
export const STATEMENT_BYTES_MAX = 100_000
export const PARAMS_MAX = 100

type Method = 'run' | 'all' | 'first' | 'raw'
type NativeHandle = Pick<D1Database, 'prepare' | 'batch'>
/** The reply as the runtime reads it off the wire; `raw` and `first` drop its row counts. */
type Reply = { meta: D1Meta } | { meta: D1Meta }[]
type NativeSession = Record<string, (...args: unknown[]) => Promise<Reply>>

const encoder = new TextEncoder()

/** Throws what production throws for a statement over a limit. */
function checkStatement(sql: string, params: readonly unknown[]): void {
  if (encoder.encode(sql).byteLength > STATEMENT_BYTES_MAX) throw new Error('D1_ERROR: statement too long: SQLITE_TOOBIG')
  if (hasSeveralStatements(sql)) throw new Error('D1_ERROR: a prepared statement holds one statement: SQLITE_ERROR')
  if (isTransactionControl(sql)) throw new Error('D1_ERROR: use batch() instead of BEGIN and SAVEPOINT: SQLITE_AUTH')
  if (params.length > PARAMS_MAX) throw new Error('D1_ERROR: too many SQL variables: SQLITE_ERROR')
  for (const value of params) {
    if (byteLength(value) > VALUE_BYTES_MAX) throw new Error('D1_ERROR: string or blob too big: SQLITE_TOOBIG')
  }
}

function byteLength(value: unknown): number {
  if (typeof value === 'string') return encoder.encode(value).byteLength
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength
  return Array.isArray(value) ? value.length : 0
}

/**
 * Runs one statement and finds the row counts of its reply. The runtime's `first` and `raw` drop them, and `all` merges columns
 * of the same name, so the statement gets a session that records the reply in passing.
 */
async function executeNative(native: D1PreparedStatement, method: Method, args: unknown[]) {
  const statement = native as unknown as { dbSession: NativeSession }
  const session = statement.dbSession
  let meta: D1Meta | undefined
  const listening = Object.create(session) as NativeSession
  for (const name of ['_sendOrThrow', '_queryOrThrow']) {
    listening[name] = async (...call) => {
      const reply = await (session[name] as (...args: unknown[]) => Promise<Reply>).apply(session, call)
      meta = (Array.isArray(reply) ? reply[0] : reply)?.meta
      return reply
    }
  }
  statement.dbSession = listening
  try {
    const run = native[method] as (...args: unknown[]) => Promise<unknown>
    const result = await run.apply(native, args)
    if (!meta) throw new Error(`this runtime's D1 has changed: no row counts for ${method}()`)
    return { result, meta }
  } finally {
    statement.dbSession = session
  }
}

/** JSON cannot represent an ArrayBuffer. */
function blobAsBytes(_name: string, value: unknown): unknown {
  return value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value
}

/** What replicas hold while they lag: the first result of each read, for the life of the platform. */
type Replica = Map<string, unknown>

const ALL = 'all[]'
const RAW = 'raw[{"columnNames":true}]'
const keyOf = ({ sql, params }: Statement, method: string) => JSON.stringify([method, sql, params], blobAsBytes)

/** One `D1Database`, or one session of it. */
class Handle {
  readonly core: Core
  readonly native: NativeHandle
  readonly #replica: Replica
  /** False for a session that may read from a replica; true from the session's first write on. */
  #pinned: boolean

  constructor(core: Core, native: NativeHandle, replica: Replica, pinned: boolean) {
    this.core = core
    this.native = native
    this.#replica = replica
    this.#pinned = pinned
  }

  async perform<T>(statements: Statement[], work: () => Promise<T>): Promise<T> {
    const { counts, faults, invocation } = this.core
    return invocation.connect(async () => {
      counts.d1RoundTrips += 1
      counts.d1Statements += statements.length
      invocation.spendQueries(statements.length)
      for (const { sql, params } of statements) checkStatement(sql, params)
      return faults.aroundD1(work)
    })
  }

  /** Records the first result of a read, and returns it while the session is not pinned. */
  #throughReplica<T>(statement: Statement, method: string, fresh: T): T {
    if (!this.core.replicaLag) return fresh
    if (!isRead(statement.sql)) {
      this.#pinned = true
      return fresh
    }
    const key = keyOf(statement, method)
    if (!this.#replica.has(key)) this.#replica.set(key, structuredClone(fresh))
    return this.#pinned ? fresh : structuredClone(this.#replica.get(key) as T)
  }

  /** The store reads a statement in one of these ways at one time and in the other at the next: both are held from the first look on. */
  async #hold(statements: readonly Statement[]): Promise<void> {
    if (!this.core.replicaLag) return
    for (const statement of statements) {
      if (!isRead(statement.sql) || this.#replica.has(keyOf(statement, ALL))) continue
      this.#replica.set(keyOf(statement, ALL), await statement.native.all())
      this.#replica.set(keyOf(statement, RAW), await statement.native.raw({ columnNames: true }))
    }
  }

  /** A statement alone. */
  async execute(statement: Statement, method: Method, args: unknown[]): Promise<unknown> {
    return this.perform([statement], async () => {
      await this.#hold([statement])
      const { result, meta } = await executeNative(statement.native, method, args)
      this.core.counts.recordStatement(statement.sql, statement.params, meta)
      return this.#throughReplica(statement, method + JSON.stringify(args), result)
    })
  }

  async batch(statements: Statement[]): Promise<D1Result[]> {
    return this.perform(statements, async () => {
      await this.#hold(statements)
      const results = await this.native.batch(statements.map((statement) => statement.native))
      return results.map((result, index) => {
        const statement = statements[index] as Statement
        this.core.counts.recordStatement(statement.sql, statement.params, result.meta)
        return this.#throughReplica(statement, ALL, result)
      })
    })
  }
}

class Statement {
  readonly native: D1PreparedStatement
  readonly sql: string
  readonly params: readonly unknown[]
  readonly #handle: Handle

  constructor(handle: Handle, native: D1PreparedStatement, sql: string, params: readonly unknown[]) {
    this.#handle = handle
    this.native = native
    this.sql = sql
    this.params = params
  }

  bind(...params: unknown[]): Statement {
    return new Statement(this.#handle, this.native.bind(...params), this.sql, params)
  }

  run(): Promise<unknown> {
    return this.#execute('run', [])
  }

  all(): Promise<unknown> {
    return this.#execute('all', [])
  }

  first(...column: unknown[]): Promise<unknown> {
    return this.#execute('first', column)
  }

  raw(...options: unknown[]): Promise<unknown> {
    return this.#execute('raw', options)
  }

  #execute(method: Method, args: unknown[]): Promise<unknown> {
    return this.#handle.execute(this, method, args)
  }
}

export function wrapD1(native: D1Database, core: Core): D1Database {
  const replica: Replica = new Map()

  function operationsOf(handle: Handle) {
    return {
      prepare: (sql: string) => new Statement(handle, handle.native.prepare(sql), sql, []),
      batch: (statements: Statement[]) => handle.batch(statements),
    }
  }

  const wrapped = {
    // Outside of a session all reads go to the primary.
    ...operationsOf(new Handle(core, native, replica, true)),
    withSession(start?: string) {
      const session = native.withSession(start)
      const pinned = start !== undefined && start !== '' && start !== 'first-unconstrained'
      return {
        ...operationsOf(new Handle(core, session, replica, pinned)),
        getBookmark: () => session.getBookmark(),
      }
    },
    exec() {
      throw new Error('D1_EXEC_ERROR: exec() runs unbound text; use prepare()')
    },
    dump() {
      throw new Error('D1_DUMP_ERROR: dump() is not for Workers')
    },
  }
  return wrapped as unknown as D1Database
}
