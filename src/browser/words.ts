/** What the page says when a ceremony fails, by the name of the browser's error (WebAuthn Level 3 §5.1.3, §5.1.4). The page brings the words. */

/** Of one ceremony, in the reader's language. Browsers call a cancelled request, one that took too long, and one without a passkey all `NotAllowedError`. */
export type Words = Readonly<Record<string, string>> & { readonly unknown: string }

/** Null if the ceremony only made way for another one. */
export function wordsOf(thrown: unknown, words: Words): string | null {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : ''
  if (name === 'AbortError') return null
  // `fetch` without a network.
  const known = name === 'TypeError' ? 'NetworkError' : name
  return words[known] ?? words.unknown
}
