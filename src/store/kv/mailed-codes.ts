/**
 * KV `code:<code id>`: the keyed hash of a sign-in code that was mailed (decision 002). A code id is used for one code alone,
 * so the value of a key never changes: KV may be late, but never wrong. Whether a code still counts is decided in D1.
 */
import { KV_TTL_SECONDS_MIN } from './ttl.ts'

const key = (codeId: number) => `code:${codeId.toString(16)}`

/** `expiresAt` is the code's end, in milliseconds. */
export async function putMailedCode(
  kv: KVNamespace,
  code: { codeId: number; hash: string; expiresAt: number },
  now: number,
): Promise<void> {
  const expirationTtl = Math.max(KV_TTL_SECONDS_MIN, Math.ceil((code.expiresAt - now) / 1000))
  await kv.put(key(code.codeId), code.hash, { expirationTtl })
}

/** Null where KV has no value yet, or does not answer. */
export async function getMailedCode(kv: KVNamespace, codeId: number): Promise<string | null> {
  return kv.get(key(codeId)).catch(() => null)
}
