/** Text of people or apps inside a sentence of ours: it runs in its own direction, and turns nothing around it (Unicode UAX 9). */
import type { Child } from 'hono/jsx'

export function Isolated({ children }: { children: Child }) {
  return <bdi dir="auto">{children}</bdi>
}
