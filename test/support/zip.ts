/** Reads a ZIP as its specification says (APPNOTE 4.3), to check archives by other means than the library that wrote them. */
import { crc32 } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  /** The name is UTF-8. */
  readonly isUtf8: boolean
  readonly bytes: Uint8Array
  readonly text: string
}

/** The entries of the central directory, in its order. Throws where anything does not fit. */
export function readZip(zip: Uint8Array): ZipEntry[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength)
  const end = zip.byteLength - 22
  if (view.getUint32(end, true) !== 0x06054b50) throw new Error('no end of the central directory')
  const entries: ZipEntry[] = []
  let at = view.getUint32(end + 16, true)
  for (let n = view.getUint16(end + 10, true); n > 0; n--) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new Error('no entry of the central directory')
    const [flags, method, crc, size] = [
      view.getUint16(at + 8, true),
      view.getUint16(at + 10, true),
      view.getUint32(at + 16, true),
      view.getUint32(at + 24, true),
    ]
    const nameLength = view.getUint16(at + 28, true)
    const name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(zip.subarray(at + 46, at + 46 + nameLength))
    const local = view.getUint32(at + 42, true)
    if (view.getUint32(local, true) !== 0x04034b50 || method !== 0) throw new Error(`no local header, or compressed: ${name}`)
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
    const bytes = zip.slice(start, start + size)
    if (crc32(bytes) !== crc) throw new Error(`wrong checksum: ${name}`)
    entries.push({ name, isUtf8: (flags & 0x800) !== 0, bytes, text: new TextDecoder().decode(bytes) })
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return entries
}
