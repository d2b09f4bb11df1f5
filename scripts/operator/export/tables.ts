/**
 * What an export moves: every table, row by row, except those below. Rows keep their ids. Whoever adds a table decides here:
 * test/system/moving-out.test.ts compares the list with the database.
 */
import { createHash } from 'node:crypto'

/** Tables that stay behind, and why. */
export const STAYS: Readonly<Record<string, string>> = {
  account_archives: 'made anew when somebody asks',
  attempt_counters: 'limits of a day or two begin anew',
  authorization_codes: 'valid for a minute',
  challenges: 'mailed codes, valid for hours at most',
  d1_migrations: 'the target has its own',
  device_codes: 'valid for minutes',
  digest_nonces: 'valid for minutes',
  event_deliveries: 'what was not delivered is delivered by the old Kith, or never',
  event_pauses: 'only within a batch',
  events: 'as their deliveries',
  logout_notices: 'the sessions that they tell of have stayed behind',
  mail_outbox: 'what waits is sent by the old Kith, or never',
  object_tombstones: 'objects that are to be removed are not exported',
  pushed_requests: 'valid for a minute',
  refresh_tokens: 'everybody signs in again',
  sessions: 'everybody signs in again',
  spent_tokens: 'what was used was for the old Kith',
  sweep_cursors: 'where the sweep of the old database is',
}

/** A Kith that data is moved into sends nothing to the receivers of the old one, until an administrator enables them. */
export const SWITCH_ENDPOINTS_OFF = `UPDATE webhook_endpoints SET disabled_at = CAST(unixepoch('subsec') * 1000 AS INTEGER), disabled_reason = 'moved'
  WHERE disabled_at IS NULL`

/** What an import changes, and digests leave out. */
const CHANGES: Readonly<Record<string, readonly string[]>> = { webhook_endpoints: ['disabled_at', 'disabled_reason'] }

/** The columns that must be equal afterwards. */
export const comparedOf = (name: string, columns: readonly string[]) => columns.filter((column) => !CHANGES[name]?.includes(column))

/** Tables that belong to nobody's data begin like this: those of the platform, and the state of an unfinished import. */
const OWN = '_'
/** The state of `operator -- import <folder>` while it is under way. Until it is gone, the triggers are, and nothing is counted. */
export const UNFINISHED = `${OWN}moving_in`

export interface Table {
  readonly name: string
  readonly columns: readonly string[]
  /** The columns of its primary key, in order. */
  readonly key: readonly string[]
}

/** The tables that move, each after those that it refers to. */
export async function listTables(db: D1Database): Promise<Table[]> {
  const found = await db
    .prepare(
      `SELECT m.name, (SELECT json_group_array(json_object('name', c.name, 'pk', c.pk)) FROM pragma_table_info(m.name) c) AS columns,
         (SELECT json_group_array(DISTINCT f."table") FROM pragma_foreign_key_list(m.name) f) AS parents
       FROM sqlite_master m WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_' AND substr(m.name, 1, 1) <> '${OWN}' ORDER BY m.name`,
    )
    .all<{ name: string; columns: string; parents: string }>()
  const left = found.results
    .filter(({ name }) => !(name in STAYS))
    .map(({ name, columns, parents }) => ({
      name,
      columns: JSON.parse(columns) as { name: string; pk: number }[],
      parents: (JSON.parse(parents) as string[]).filter((parent) => !(parent in STAYS)),
    }))
  const ordered: Table[] = []
  while (left.length > 0) {
    const at = left.findIndex(({ parents }) => parents.every((parent) => ordered.some(({ name }) => name === parent)))
    const [next] = left.splice(at, 1)
    if (at < 0 || !next) throw new Error('tables refer to each other, or one to itself, in a circle')
    const key = next.columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
    if (key.length === 0) throw new Error(`${next.name} has no primary key to read it by`)
    ordered.push({ name: next.name, columns: next.columns.map(({ name }) => name), key: key.map(({ name }) => name) })
  }
  return ordered
}

export type Row = Readonly<Record<string, string | number | null>>

/** Rows of which the statements of one batch are made; D1 takes 2 MB in a value. */
const PAGE = 2_000

/** All rows, by key and page by page, so that nothing is skipped or sorted. */
export async function* readRows(db: D1Database, { name, columns, key }: Table): AsyncGenerator<Row[]> {
  // In backticks: SQLite takes an unknown name in double quotes for a text.
  const list = (names: readonly string[]) => names.map((one) => `\`${one}\``).join(', ')
  let last: readonly unknown[] = []
  for (;;) {
    const after: string = last.length === 0 ? '1' : `(${list(key)}) > (${last.map(() => '?').join(', ')})`
    const statement = db.prepare(`SELECT ${list(columns)} FROM \`${name}\` WHERE ${after} ORDER BY ${list(key)} LIMIT ${PAGE}`)
    const { results }: D1Result<Row> = await statement.bind(...last).all<Row>()
    if (results.length > 0) yield results
    const end = results.at(-1)
    if (results.length < PAGE || !end) return
    last = key.map((column) => end[column])
  }
}

export interface Figures {
  readonly rows: number
  /** The sum of the SHA-256 of each row: the same in any order. */
  readonly digest: string
}

const MODULUS = 2n ** 128n

/** Counts and sums rows; `columns` are those that count. */
export class Tally {
  #rows = 0
  #sum = 0n
  readonly #columns: readonly string[]

  constructor(columns: readonly string[]) {
    this.#columns = columns
  }

  add(row: Row): void {
    const text = JSON.stringify(this.#columns.map((column) => row[column] ?? null))
    this.#rows += 1
    this.#sum = (this.#sum + BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`)) % MODULUS
  }

  get figures(): Figures {
    return { rows: this.#rows, digest: this.#sum.toString(16).padStart(32, '0') }
  }
}
