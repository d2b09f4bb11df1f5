/** Peak memory of child processes, as Linux keeps it (`VmHWM` of /proc/<pid>/status): no sampling, no peak is missed. */
import { readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly name: string
  readonly peakKb: number
}

/** Kilobytes of all descendants of this process that are called `name`, together. */
export function peakOfChildren(name: string): number {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap(readProcess)
  const family = new Set([process.pid])
  // A child may have a lower number than its parent: until nobody is added.
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
    // It has ended meanwhile.
    return []
  }
}
