/** Isolates the direction of other people's text within our sentences (Unicode UAX 9). */
import type { Child } from 'hono/jsx'

export function Isolated({ children }: { children: Child }) {
  return <bdi dir="auto">{children}</bdi>
}
