// What a month costs, for docs/costs.md: what people do, times what each route costs (docs/costs-of-routes.md), times prices.

/** How an app is used, per person and active day. Routes as the table names them. */
export interface App {
  readonly name: string
  /** In a month. */
  readonly days: number
  readonly visitsPerDay: number
  readonly perDay: Readonly<Record<string, number>>
}

/** A code or a form now and then: people come for something else. */
const QUIET: App = {
  name: 'quiet',
  days: 10,
  visitsPerDay: 1,
  perDay: { 'POST /oauth/token with refresh_token': 1, 'GET /user/me': 1, 'GET /user/followers': 1 },
}

/** A social app, with the mix of requests that `npm run scale` takes. People sign in every day, which most do less often. */
const BUSY: App = {
  name: 'busy',
  days: 20,
  visitsPerDay: 8,
  perDay: {
    'GET /user/me': 40,
    'GET /user/media/files': 15,
    'POST /oauth/token with refresh_token': 8,
    'PATCH /user/me': 4,
    'GET /user/followers': 8,
    'GET /user/following': 6,
    'GET /people': 8,
    'POST /user/search': 4,
    'POST /user/follow': 3,
    'POST /user/block': 1,
    'POST /sign-in': 1,
    'GET /oauth/authorize': 1,
    'POST /oauth/token': 1,
  },
}

export const APPS = [QUIET, BUSY] as const

/** In a month, in either app: a new device once in two months; every tenth person is new. */
const PER_MONTH: Readonly<Record<string, number>> = {
  'POST /sign-in': 0.5,
  'GET /oauth/authorize': 0.5,
  'POST /oauth/token': 0.5,
  'POST /user/create': 0.1,
  'POST /user/verify-email': 0.1,
}

/** With an app's own, in a month. */
export function habitsOf({ days, perDay }: App): Map<string, number> {
  const names = new Set([...Object.keys(PER_MONTH), ...Object.keys(perDay)])
  return new Map([...names].map((name) => [name, (PER_MONTH[name] ?? 0) + days * (perDay[name] ?? 0)]))
}

/** What these write, cron deletes when it has ended: each row is written twice. */
const ENDS: ReadonlySet<string> = new Set(['POST /sign-in', 'GET /oauth/authorize', 'POST /oauth/token'])
/** Each hashes a password. */
const HASHING = ['POST /sign-in', 'POST /user/create'] as const

/** Mails: a code for each new person, a notice for each new device. */
const MAILS = 0.6
/** Assumed: rounded up from what one machine needs (npm run bench). */
const CPU_MS = { request: 2, hash: 250 } as const
/** Somebody with 20 follows, 20 audit events and 5 files, as `npm run scale` weighs them. */
export const BYTES_PER_PERSON = 10_300
const GIGABYTE = 1_000_000_000
const MILLION = 1_000_000

/** US dollars, beyond what Workers Paid includes each month. */
export const PRICES = {
  plan: 5,
  requests: { included: 10 * MILLION, perMillion: 0.3 },
  cpuMs: { included: 30 * MILLION, perMillion: 0.02 },
  rowsRead: { included: 25_000 * MILLION, perMillion: 0.001 },
  rowsWritten: { included: 50 * MILLION, perMillion: 1 },
  points: { included: 10 * MILLION, perMillion: 0.25 },
  logLines: { included: 20 * MILLION, perMillion: 0.6 },
  storedGigabytes: { included: 5, each: 0.75 },
  mails: { included: 0, perMillion: 100 },
} as const

interface Cost {
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly rowsWrittenLater: number
}

export function readCosts(table: string): Map<string, Cost> {
  const rows = table.matchAll(/^\| `([^`]+)` \| \d+ \| (\d+) \| (\d+) \| (\d+) \|/gm)
  return new Map(
    [...rows].map(([, name = '', read, written, later]) => [
      name,
      { rowsRead: Number(read), rowsWritten: Number(written), rowsWrittenLater: Number(later) },
    ]),
  )
}

function costOf(costs: ReadonlyMap<string, Cost>, route: string): Cost {
  const cost = costs.get(route)
  if (!cost) throw new Error(`${route} is not in docs/costs-of-routes.md`)
  return cost
}

/** Of a request that only reads, what is written later is the note that the session is in use: once a visit. */
const written = (route: string, { rowsWritten, rowsWrittenLater }: Cost) =>
  (rowsWritten + (route.startsWith('GET ') ? 0 : rowsWrittenLater)) * (ENDS.has(route) ? 2 : 1)

interface Month {
  readonly amounts: Readonly<Record<'requests' | 'cpuMs' | 'rowsRead' | 'rowsWritten' | 'points' | 'logLines' | 'mails', number>>
  readonly gigabytes: number
}

export function monthOf(app: App, people: number, costs: ReadonlyMap<string, Cost>): Month {
  const habits = habitsOf(app)
  let [requests, rowsRead, rowsWritten] = [0, 0, app.days * app.visitsPerDay * costOf(costs, 'GET /user/me').rowsWrittenLater]
  for (const [route, times] of habits) {
    const cost = costOf(costs, route)
    requests += times
    rowsRead += times * cost.rowsRead
    rowsWritten += times * written(route, cost)
  }
  const hashes = HASHING.reduce((sum, route) => sum + (habits.get(route) ?? 0), 0)
  const of = (each: number) => Math.round(each * people)
  const amounts = {
    requests: of(requests),
    cpuMs: of(requests * CPU_MS.request + hashes * CPU_MS.hash),
    rowsRead: of(rowsRead),
    rowsWritten: of(rowsWritten),
    points: of(requests + hashes + MAILS),
    logLines: of(requests + MAILS),
    mails: of(MAILS),
  }
  return { amounts, gigabytes: (people * BYTES_PER_PERSON) / GIGABYTE }
}

/** In dollars. */
export function priceOf({ amounts, gigabytes }: Month): Record<string, number> {
  const beyond = (amount: number, included: number) => Math.max(0, amount - included)
  const lines = Object.entries(amounts).map(([name, amount]) => {
    const { included, perMillion } = PRICES[name as keyof Month['amounts']]
    return [name, (beyond(amount, included) / MILLION) * perMillion] as const
  })
  const stored = beyond(gigabytes, PRICES.storedGigabytes.included) * PRICES.storedGigabytes.each
  return { plan: PRICES.plan, ...Object.fromEntries(lines), storage: stored }
}

const PEOPLE = [100_000, MILLION] as const
const NAMES: Readonly<Record<string, string>> = {
  plan: 'Workers Paid',
  requests: 'requests',
  cpuMs: 'CPU ms',
  rowsRead: 'D1 rows read',
  rowsWritten: 'D1 rows written',
  points: 'metrics: points',
  logLines: 'log lines',
  mails: 'emails',
  storage: 'D1 storage',
}
const big = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const dollars = (amount: number) => `$${amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`

/** The table of docs/costs.md: an app after the other, each with what a person does and what many cost. */
export function monthTable(table: string): string {
  const costs = readCosts(table)
  const columns = APPS.flatMap((app) => {
    const one = monthOf(app, 1, costs).amounts
    const cells = (name: string) => (name === 'plan' || name === 'storage' ? '' : big.format(one[name as keyof typeof one]))
    const person = { head: `${app.name}: one person does`, cell: cells, total: '' }
    const many = PEOPLE.map((people) => {
      const price = priceOf(monthOf(app, people, costs))
      const total = Object.values(price).reduce((sum, each) => sum + each, 0)
      return {
        head: `${app.name}: ${big.format(people)} people cost`,
        cell: (name: string) => dollars(price[name] ?? 0),
        total: `**${dollars(total)}**`,
      }
    })
    return [person, ...many]
  })
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(['', ...columns.map(({ head }) => head)]),
    `|---${'|---:'.repeat(columns.length)}|`,
    ...Object.entries(NAMES).map(([name, title]) => line([title, ...columns.map(({ cell }) => cell(name))])),
    line(['**together**', ...columns.map(({ total }) => total)]),
  ].join('\n')
}

/** The page with the table between its marks. */
export function withTable(page: string, table: string): string {
  return page.replace(
    /(<!-- month -->\n)[\s\S]*(\n<!-- \/month -->)/,
    (_, before: string, after: string) => `${before}${monthTable(table)}${after}`,
  )
}
