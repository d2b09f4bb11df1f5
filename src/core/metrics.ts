/**
 * What Kith measures of itself: points for Workers Analytics Engine, if the binding `METRICS` is there. All kinds share one
 * layout, which the queries of docs/watching.md read. No point says anything about a person.
 */

/** By the credential: a cookie, the token of a user's app, that of a client for itself, a robot's proof, a machine's key. */
export type CallerKind = 'anonymous' | 'browser' | 'app' | 'service' | 'robot' | 'key'

export type Measured =
  | {
      readonly kind: 'request'
      /** Method and pattern. */
      readonly route: string
      readonly status: number
      readonly caller: CallerKind
      readonly room: string
      readonly ms: number
      readonly trips: number
      readonly rowsRead: number
      readonly rowsWritten: number
    }
  | { readonly kind: 'hash'; readonly ms: number; readonly waitedMs: number }
  /** Outcomes: `sent`, `postponed`, `failed`. */
  | { readonly kind: 'mail'; readonly mail: string; readonly outcome: string; readonly tries: number }
  /** To an endpoint of somebody else: an event, or a client's logout notice. Outcomes: `delivered`, `postponed`, `failed`. */
  | { readonly kind: 'delivery'; readonly event: string; readonly outcome: string; readonly ms: number; readonly tries: number }
  /** A run of the cron trigger. */
  | { readonly kind: 'cron'; readonly failedParts: readonly string[]; readonly ms: number }

/** `blob1` to `blob5`, `double1` to `double4`. Analytics Engine samples each index for itself, so that rare routes stay visible. */
export function toDataPoint(point: Measured): AnalyticsEngineDataPoint {
  switch (point.kind) {
    case 'request': {
      const { route, status, caller, room, ms, trips, rowsRead, rowsWritten } = point
      return toPoint('request', route, `${Math.floor(status / 100)}xx`, [caller, room], [ms, trips, rowsRead, rowsWritten])
    }
    case 'hash':
      return toPoint('hash', '', 'done', [], [point.ms, point.waitedMs])
    case 'mail':
      return toPoint('mail', point.mail, point.outcome, [], [0, point.tries])
    case 'delivery':
      return toPoint('delivery', point.event, point.outcome, [], [point.ms, point.tries])
    case 'cron':
      return toPoint('cron', point.failedParts.join(' '), point.failedParts.length === 0 ? 'done' : 'failed', [], [point.ms])
  }
}

/** The index may have 96 bytes. */
const INDEX_LENGTH_MAX = 96

function toPoint(kind: Measured['kind'], name: string, outcome: string, more: string[], doubles: number[]): AnalyticsEngineDataPoint {
  const index = name === '' ? kind : name
  return { indexes: [index.slice(0, INDEX_LENGTH_MAX)], blobs: [kind, name, outcome, ...more], doubles }
}
