/** What the page says when a ceremony fails, by the name of the browser's error (WebAuthn Level 3 §5.1.3, §5.1.4). */

type Words = Readonly<Record<'create' | 'get', string>>

const both = (words: string): Words => ({ create: words, get: words })

const WORDS: Readonly<Record<string, Words>> = {
  // Browsers do not tell these apart, so that sites cannot find out which passkeys a device has.
  NotAllowedError: {
    create: 'No passkey was added: it was cancelled, or took too long. Try again when you are ready.',
    get: 'No passkey was used: it was cancelled, took too long, or this device has none for this account. Try again, or sign in another way.',
  },
  InvalidStateError: {
    create: 'This device or password manager already has a passkey for your account. Use that one, or choose another device.',
    get: 'This passkey cannot be used here. Try another one, or sign in another way.',
  },
  NotSupportedError: {
    create: 'This device cannot make a kind of passkey that works here. Choose another device.',
    get: 'This device cannot use passkeys here. Sign in another way.',
  },
  ConstraintError: {
    create: 'A passkey needs a device with a screen lock, such as a PIN or a fingerprint. Set one up, or choose another device.',
    get: 'This device cannot check that it is you. Sign in another way.',
  },
  SecurityError: both('Passkeys do not work at this web address. Open the page at the address that you usually use.'),
  NetworkError: both('This page is out of date, and a new one could not be loaded. Reload it and try again.'),
}

const OTHER = both('Your device reported a problem with the passkey. Try again, or choose another way.')

/** Null if the ceremony only made way for another one. */
export function wordsOf(thrown: unknown, ceremony: keyof Words): string | null {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : ''
  if (name === 'AbortError') return null
  // `fetch` without a network.
  if (name === 'TypeError') return WORDS.NetworkError?.[ceremony] ?? null
  return (WORDS[name] ?? OTHER)[ceremony]
}
