/**
 * Peak memory of child processes, as Linux reports it (`VmHWM` in /proc/<pid>/status): no sampling, so no peak is
 * missed.
 */
import { readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly name: string
  readonly peakKb: number
}

/** Kilobytes of all descendants of this process called `name`, together. */
export function peakOfChildren(name: string): number {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap(readProcess)
  const family = new Set([process.pid])
  // A child may have a lower pid than its parent, so repeat until nothing is added.
  for (let before = 0; before !== family.size; ) {
    before = family.size
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid)
  }
  return all.filter((one) => family.has(one.pid) && one.name === name).reduce((sum, { peakKb }) => sum + peakKb, 0)
}

function readProcess(pid: string): Process[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '0'
    return [{ pid: Number(pid), parent: Number(field('PPid')), name: field('Name'), peakKb: Number(field('VmHWM')) }]
  } catch {
    // The process has ended meanwhile.
    return []
  }
}
