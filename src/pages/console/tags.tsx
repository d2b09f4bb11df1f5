/** Short words on how something stands. The words say it; the colour only helps. */
import type { Child } from 'hono/jsx'

export type TagKind = 'good' | 'bad' | 'plain'

export function Tag({ kind, children }: { kind: TagKind; children: Child }) {
  return <span class={kind === 'good' ? 'tag' : `tag ${kind}`}>{children}</span>
}
