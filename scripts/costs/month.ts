// What a month costs, for docs/costs.md: what people do, times what each route costs (docs/costs-of-routes.md), times prices.

/** Of one person who uses the app, in a month. Routes as the table names them. */
export const HABITS: Readonly<Record<string, number>> = {
  // A new app, or a new phone, once in two months; every tenth person is new.
  'POST /sign-in': 0.5,
  'GET /oauth/authorize': 0.5,
  'POST /oauth/token': 0.5,
  'POST /user/create': 0.1,
  'POST /user/verify-email': 0.1,
  // Three visits on each of ten days: a fresh token, one's profile, lists.
  'POST /oauth/token with refresh_token': 30,
  'GET /user/me': 30,
  'GET /user/followers': 10,
  'GET /user/following': 10,
  'POST /user/search': 5,
  'PATCH /user/me': 1,
  'POST /user/follow': 2,
}

/** Mails: a code for each new person, a notice for each new device. */
const MAILS = 0.6
/** Assumed: rounded up from what one machine needs (npm run bench). */
const CPU_MS = { request: 2, hash: 250 } as const
const HASHES = 0.7
const BYTES_PER_PERSON = 6_000
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
}

export function readCosts(table: string): Map<string, Cost> {
  const rows = table.matchAll(/^\| `([^`]+)` \| \d+ \| (\d+) \| (\d+) \|/gm)
  return new Map([...rows].map(([, name = '', read, written]) => [name, { rowsRead: Number(read), rowsWritten: Number(written) }]))
}

interface Month {
  readonly amounts: Readonly<Record<'requests' | 'cpuMs' | 'rowsRead' | 'rowsWritten' | 'points' | 'logLines' | 'mails', number>>
  readonly gigabytes: number
}

export function monthOf(people: number, costs: ReadonlyMap<string, Cost>): Month {
  let [requests, rowsRead, rowsWritten] = [0, 0, 0]
  for (const [route, times] of Object.entries(HABITS)) {
    const cost = costs.get(route)
    if (!cost) throw new Error(`${route} is not in docs/costs-of-routes.md`)
    requests += times
    rowsRead += times * cost.rowsRead
    rowsWritten += times * cost.rowsWritten
  }
  const of = (each: number) => Math.round(each * people)
  const amounts = {
    requests: of(requests),
    cpuMs: of(requests * CPU_MS.request + HASHES * CPU_MS.hash),
    rowsRead: of(rowsRead),
    rowsWritten: of(rowsWritten),
    points: of(requests + HASHES + MAILS),
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

const PEOPLE = [1, 100_000, MILLION] as const
const NAMES: Readonly<Record<string, string>> = {
  plan: 'Workers Paid',
  requests: 'requests',
  cpuMs: 'CPU ms',
  rowsRead: 'D1 rows read',
  rowsWritten: 'D1 rows written',
  points: 'metrics: points',
  logLines: 'log lines',
  mails: 'mails',
  storage: 'D1 storage, GB',
}
const big = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })
const dollars = (amount: number) => `$${amount.toFixed(2)}`

/** The table of docs/costs.md. */
export function monthTable(table: string): string {
  const costs = readCosts(table)
  const months = PEOPLE.map((people) => monthOf(people, costs))
  const prices = months.map(priceOf)
  const amountOf = ({ amounts, gigabytes }: Month, name: string) =>
    name === 'plan' ? '' : big.format(name === 'storage' ? gigabytes : (amounts[name as keyof Month['amounts']] ?? 0))
  const rows = Object.keys(NAMES).map((name) => {
    const cells = months.map((month, index) => `${amountOf(month, name)} | ${dollars(prices[index]?.[name] ?? 0)}`)
    return `| ${NAMES[name]} | ${cells.join(' | ')} |`
  })
  const totals = prices.map((price) => `| | **${dollars(Object.values(price).reduce((sum, one) => sum + one, 0))}** `)
  const head = `| | ${PEOPLE.map((people) => `${big.format(people)} ${people === 1 ? 'person' : 'people'} | `).join(' | ')} |`
  return [head, `|---${'|---:|---:'.repeat(PEOPLE.length)}|`, ...rows, `| **together** ${totals.join('')}|`].join('\n')
}

/** The page with the table between its marks. */
export function withTable(page: string, table: string): string {
  return page.replace(
    /(<!-- month -->\n)[\s\S]*(\n<!-- \/month -->)/,
    (_, before: string, after: string) => `${before}${monthTable(table)}${after}`,
  )
}
