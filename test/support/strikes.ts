/** How D1 fails under a request, for tests that strike each of its operations in turn (security §5.2 F1, F2, F6). */
import { platform, type Reply } from './kith.ts'
import { IS_THOROUGH } from './runs.ts'

export type Strike = (n: number) => void

/** Longer than any flow that is struck. */
const AND_ALL_LATER = 10
const fromThereOn = (strike: Strike) => (n: number) => {
  for (let operation = n; operation < n + AND_ALL_LATER; operation++) strike(operation)
}
const fails: Strike = (n) => platform.faults.failStatement(n)
const losesReply: Strike = (n) => platform.faults.loseReply(n)

/** At one operation. The thorough form adds those that differ only in D1's message. */
export const SINGLE_STRIKES: Readonly<Record<string, Strike>> = {
  'fails before it commits': fails,
  'commits and loses its reply': losesReply,
  ...(IS_THOROUGH && {
    'is overloaded': (n) => platform.faults.failStatement(n, 'overloaded'),
    'commits and is reset': (n) => platform.faults.loseReply(n, 'reset'),
    'commits and reports an overload': (n) => platform.faults.loseReply(n, 'overloaded'),
  }),
}
export const STRIKES: Readonly<Record<string, Strike>> = {
  ...SINGLE_STRIKES,
  'fails from there on': fromThereOn(fails),
  'commits and loses its reply from there on': fromThereOn(losesReply),
}

/** The reply to a request whose nth operation is struck; `fired`: how many were, none if it has fewer. */
export async function underStrike(strike: Strike, n: number, send: () => Promise<Reply>): Promise<{ reply: Reply; fired: number }> {
  strike(n)
  const reply = await send()
  const { fired } = platform.faults
  platform.faults.clear()
  return { reply, fired }
}
