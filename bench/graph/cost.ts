/** What worker.ts tells client.ts: the price of the request before. No route of Kith's begins like these paths. */
export const COST_PATH = '/.bench/cost'
export const CRON_PATH = '/.bench/cron'

export interface Totals {
  /** D1 round trips. */
  trips: number
  rows: number
  written: number
}

export interface Cost {
  /** Until the Worker answers. Its clock: a reply may reach the client later, as D1 works in the same thread here. */
  reply: Totals & { ms: number }
  /** With what was done after it. */
  total: Totals
  /** Pieces of work that still go on after the reply. */
  pending: number
  /** The statements that read most. */
  dearest: string[]
}
