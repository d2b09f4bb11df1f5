/** What worker.ts adds to Kith, for archive.ts. No route of Kith begins with these paths. */
export const FILES_PATH = '/.bench/files'
export const CRON_PATH = '/.bench/archive-cron'

/** `subrequests` of wrangler.toml. */
export const OPERATIONS_ALLOWED = 20_000

export interface Files {
  readonly userId: number
  readonly count: number
  readonly size: number
}

/** What one invocation has asked of its stores. */
export interface Used {
  /** Statements of D1, which allows an invocation a thousand. */
  readonly queries: number
  readonly trips: number
  readonly rows: number
  /** Of R2. */
  readonly operations: number
}
