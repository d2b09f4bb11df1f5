/** Where the sessions of a server-rendered app are kept. */

type Awaitable<T> = T | Promise<T>

/**
 * Each session has a few fields, written one at a time. Never read a whole session and write it back: that would undo a refresh by
 * another process. In Redis: `HGET`, `HSET` with `EXPIRE`, `DEL`.
 */
export interface SessionStore {
  get(id: string, field: string): Awaitable<string | null | undefined>
  set(id: string, field: string, value: string): Awaitable<void>
  /** Removes the session with all its fields. */
  delete(id: string): Awaitable<void>
}

/** Of sessions in which nobody has signed in yet: whoever asks for sign-ins without end does not fill the memory. */
const STARTED_MAX = 10_000

interface Kept {
  readonly fields: Map<string, string>
  usedAt: number
}

/** Keeps sessions in memory, for development and for apps that run as one process. Idle sessions expire. */
export function memoryStore({
  maxIdleSeconds = 30 * 86_400,
  now = Date.now,
}: {
  maxIdleSeconds?: number
  now?: () => number
} = {}): SessionStore {
  /** The one that was used last is last. */
  const sessions = new Map<string, Kept>()
  /** Those in which nobody has signed in yet, the oldest first. */
  const started = new Set<string>()

  function remove(id: string): void {
    sessions.delete(id)
    started.delete(id)
  }

  function use(id: string, kept: Kept): void {
    kept.usedAt = now()
    sessions.delete(id)
    sessions.set(id, kept)
  }

  function forgetIdle(): void {
    for (const [id, { usedAt }] of sessions) {
      if (now() - usedAt < maxIdleSeconds * 1_000) return
      remove(id)
    }
  }

  return {
    get(id, field) {
      forgetIdle()
      const kept = sessions.get(id)
      if (kept) use(id, kept)
      return kept?.fields.get(field)
    },
    set(id, field, value) {
      forgetIdle()
      if (field.startsWith('kith:session:')) started.delete(id)
      else if (!sessions.has(id)) started.add(id)
      const [oldest] = started
      if (oldest !== undefined && started.size > STARTED_MAX) remove(oldest)
      const kept = sessions.get(id) ?? { fields: new Map<string, string>(), usedAt: 0 }
      kept.fields.set(field, value)
      use(id, kept)
    },
    delete: remove,
  }
}
