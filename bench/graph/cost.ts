/**
 * What worker.ts reports to client.ts: the cost of the previous request. No route of Kith begins with these
 * paths.
 */
export const COST_PATH = '/.bench/cost'
export const CRON_PATH = '/.bench/cron'

export interface Totals {
  /** D1 round trips. */
  trips: number
  rows: number
  written: number
}

export interface Cost {
  /**
   * Until the Worker answers, by its own clock. The reply may reach the client later, because D1 works in the same
   * thread here.
   */
  reply: Totals & { ms: number }
  /** Including the work after it. */
  total: Totals
  /** Work still running after the reply. */
  pending: number
  /** The statements that read the most rows. */
  dearest: string[]
}
