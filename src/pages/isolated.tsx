/** Isolates the direction of other people's text within our sentences (Unicode UAX 9). */
import type { Child } from 'hono/jsx'

export function Isolated({ children }: { children: Child }) {
  return <bdi dir="auto">{children}</bdi>
}

/** An address that breaks where people would break it: a long one is one word to the browser. */
export function Address({ children }: { children: string }) {
  return (
    <bdi dir="ltr">
      {children.split(/(?<=[@.])/).map((part) => (
        <>
          {part}
          <wbr />
        </>
      ))}
    </bdi>
  )
}
