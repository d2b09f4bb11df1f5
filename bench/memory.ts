/**
 * Memory and CPU of child processes, as Linux reports them. The peak (`VmHWM` in /proc/<pid>/status) is not sampled, so none is
 * missed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly name: string
  readonly peakKb: number
  readonly heldKb: number
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

/** Kilobytes of all descendants of this process called `name`, together. */
export const peakOfChildren = (name: string): number => sum(childrenOf(name).map(({ peakKb }) => peakKb))

/** What they hold now. */
export const memoryOfChildren = (name: string): number => sum(childrenOf(name).map(({ heldKb }) => heldKb))

/** The peak begins again with what they hold now. */
export function resetPeakOfChildren(name: string): void {
  for (const { pid } of childrenOf(name)) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Linux counts hundredths of a second. */
const TICK_MS = 10

/** Milliseconds that they have worked so far. */
export function childrenCpuMs(name: string): number {
  return sum(
    childrenOf(name).map(({ pid }) => {
      // The second field is a name in brackets, which may have spaces.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS
    }),
  )
}

function childrenOf(name: string): Process[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap(readProcess)
  const family = new Set([process.pid])
  // A child may have a lower pid than its parent, so repeat until nothing is added.
  for (let before = 0; before !== family.size; ) {
    before = family.size
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid)
  }
  return all.filter((one) => family.has(one.pid) && one.name === name)
}

function readProcess(pid: string): Process[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '0'
    return [
      {
        pid: Number(pid),
        parent: Number(field('PPid')),
        name: field('Name'),
        peakKb: Number(field('VmHWM')),
        heldKb: Number(field('VmRSS')),
      },
    ]
  } catch {
    // The process has ended meanwhile.
    return []
  }
}
