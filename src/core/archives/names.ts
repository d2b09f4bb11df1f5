/** Where a file lies in an archive: below `files/`, in its folder, under a name that every system can unpack. */
import { nearestFileName } from '../file-names.ts'

/** Of a name, in UTF-8: file systems take 255, and a number may follow. */
const NAME_BYTES_MAX = 240
/** Names may have them, but Windows has no such files. */
const NOT_ON_WINDOWS = /[<>:"|?*]/g

const encoder = new TextEncoder()

/** Gives each file a path of its own. Systems that ignore case, or how letters are composed, see different names too. */
export function newPaths(): (folder: string, name: string) => string {
  const taken = new Set<string>()
  const numbers = new Map<string, number>()
  return (folder, name) => {
    const path = `files/${safe(folder)}/${safe(name)}`
    const first = folded(path)
    let [free, number] = [path, numbers.get(first) ?? 1]
    while (taken.has(folded(free))) {
      number += 1
      free = numbered(path, number)
    }
    numbers.set(first, number)
    taken.add(folded(free))
    return free
  }
}

const folded = (path: string) => path.normalize('NFKC').toLowerCase()

function numbered(path: string, number: number): string {
  const extension = extensionOf(path)
  return `${path.slice(0, path.length - extension.length)} (${number})${extension}`
}

const extensionOf = (name: string) => /\.[^./\s]{1,16}$/u.exec(name)?.[0] ?? ''

/** Most names stay as they are: they were checked when they were given. Older rooms and imports were less strict. */
function safe(name: string): string {
  const plain = nearestFileName(name.replace(NOT_ON_WINDOWS, '_'))
  if (encoder.encode(plain).length <= NAME_BYTES_MAX) return plain
  const extension = extensionOf(plain)
  const chars = [...plain.slice(0, plain.length - extension.length)]
  while (encoder.encode(chars.join('') + extension).length > NAME_BYTES_MAX) chars.length -= Math.ceil(chars.length / 16)
  return nearestFileName(chars.join('').trimEnd() + extension)
}
