/**
 * The type of a file whose sender does not say: old programs declare every upload a form or an octet stream. The first
 * bytes decide, then the name. Covers only what people keep in a gallery.
 */
import { nextPiece } from './body.ts'

const ascii = (text: string) => [...text].map((sign) => sign.charCodeAt(0))

interface Signature {
  readonly type: string
  readonly at: number
  readonly bytes: readonly number[]
}

/** The first match wins, so the brands of ISO media precede the box that they all start with. */
const SIGNATURES: readonly Signature[] = [
  { type: 'image/png', at: 0, bytes: [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a] },
  { type: 'image/jpeg', at: 0, bytes: [0xff, 0xd8, 0xff] },
  { type: 'image/gif', at: 0, bytes: ascii('GIF8') },
  { type: 'image/webp', at: 8, bytes: ascii('WEBP') },
  { type: 'audio/wav', at: 8, bytes: ascii('WAVE') },
  { type: 'image/bmp', at: 0, bytes: ascii('BM') },
  { type: 'image/avif', at: 4, bytes: ascii('ftypavif') },
  { type: 'image/heic', at: 4, bytes: ascii('ftyphei') },
  { type: 'image/heic', at: 4, bytes: ascii('ftypmif1') },
  { type: 'video/3gpp', at: 4, bytes: ascii('ftyp3g') },
  { type: 'video/quicktime', at: 4, bytes: ascii('ftypqt') },
  { type: 'audio/mp4', at: 4, bytes: ascii('ftypM4A') },
  { type: 'video/mp4', at: 4, bytes: ascii('ftyp') },
  { type: 'audio/amr', at: 0, bytes: ascii('#!AMR') },
  { type: 'audio/midi', at: 0, bytes: ascii('MThd') },
  { type: 'audio/ogg', at: 0, bytes: ascii('OggS') },
  { type: 'audio/mpeg', at: 0, bytes: ascii('ID3') },
  { type: 'application/pdf', at: 0, bytes: ascii('%PDF-') },
]

/** How many bytes decide. */
const HEAD_BYTES = 12

const BY_EXTENSION: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  heic: 'image/heic',
  avif: 'image/avif',
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  '3gp': 'video/3gpp',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  amr: 'audio/amr',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
  mid: 'audio/midi',
  midi: 'audio/midi',
  txt: 'text/plain',
  vcf: 'text/vcard',
  pdf: 'application/pdf',
  zip: 'application/zip',
}

const OCTETS = 'application/octet-stream'

/** The media type of a file with these first bytes and this name. */
export function typeOf(head: Uint8Array, name: string): string {
  const found = SIGNATURES.find(({ at, bytes }) => bytes.every((byte, i) => head[at + i] === byte))
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return found?.type ?? (Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined) ?? OCTETS
}

/** The first bytes of a stream, and the same stream from its start. */
export async function peek(stream: ReadableStream<Uint8Array>): Promise<{ head: Uint8Array; body: ReadableStream<Uint8Array> }> {
  const reader = stream.getReader()
  const read: Uint8Array[] = []
  let size = 0
  while (size < HEAD_BYTES) {
    const piece = await nextPiece(reader.read())
    if (piece === null) break
    read.push(piece)
    size += piece.byteLength
  }
  reader.releaseLock()
  const { readable, writable } = new IdentityTransformStream()
  // An aborted stream is reported to whoever reads the other end.
  pass(read, stream, writable).catch(() => undefined)
  return { head: Buffer.concat(read), body: readable }
}

async function pass(read: readonly Uint8Array[], stream: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>): Promise<void> {
  const writer = writable.getWriter()
  for (const piece of read) await writer.write(piece)
  writer.releaseLock()
  await stream.pipeTo(writable)
}
