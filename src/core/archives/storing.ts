/**
 * A stream of unknown length into one object: as parts of equal size, one of them in memory, or in one piece if it is no
 * longer than that. The object appears when all of it is there, or never.
 */
import { ARCHIVE_PART_BYTES } from './limits.ts'

export interface Storing {
  readonly bucket: R2Bucket
  readonly key: string
  /** Called with the id of an upload in parts before the first of them. */
  readonly onUpload: (uploadId: string) => Promise<void>
}

/** Returns how long it was. A failure leaves no object and no parts. */
export async function storeStream({ bucket, key, onUpload }: Storing, stream: ReadableStream<Uint8Array>): Promise<number> {
  const part = new Uint8Array(ARCHIVE_PART_BYTES)
  const parts: R2UploadedPart[] = []
  let [held, bytes] = [0, 0]
  let upload: R2MultipartUpload | null = null
  const send = async () => {
    if (!upload) {
      upload = await bucket.createMultipartUpload(key, METADATA)
      await onUpload(upload.uploadId)
    }
    parts.push(await upload.uploadPart(parts.length + 1, part.subarray(0, held)))
    held = 0
  }
  try {
    for await (const chunk of stream) {
      bytes += chunk.byteLength
      for (let at = 0; at < chunk.byteLength; ) {
        if (held === part.byteLength) await send()
        const taken = Math.min(part.byteLength - held, chunk.byteLength - at)
        part.set(chunk.subarray(at, at + taken), held)
        held += taken
        at += taken
      }
    }
    if (upload === null) {
      await bucket.put(key, part.subarray(0, held), METADATA)
      return bytes
    }
    await send()
    await (upload as R2MultipartUpload).complete(parts)
    return bytes
  } catch (error) {
    await (upload as R2MultipartUpload | null)?.abort().catch(() => undefined)
    throw error
  }
}

const METADATA = { httpMetadata: { contentType: 'application/zip' } }
