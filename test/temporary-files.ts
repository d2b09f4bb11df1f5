/**
 * Local stores sync each write to the disk, which a test waits for longer than for anything else. Where Linux has room in
 * memory, their files go there.
 */
import { existsSync, statfsSync } from 'node:fs'

const MEMORY = '/dev/shm'
const NEEDED_BYTES = 2 ** 30

export function keepTemporaryFilesInMemory(): void {
  if (!existsSync(MEMORY)) return
  const { bavail, bsize } = statfsSync(MEMORY)
  if (bavail * bsize > NEEDED_BYTES) process.env.TMPDIR = MEMORY
}
