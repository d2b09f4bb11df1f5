/** What became of a mail, in words. */
import type { Texts } from '../../../texts/texts.ts'

/** `error` is a reason and, if the provider has one, its own code. */
export function errorInWords({ console: { mail } }: Texts, error: string | null): string {
  const [reason = '', code] = (error ?? '').split(' ')
  const words: Readonly<Record<string, string>> = mail.errors
  const text = Object.hasOwn(words, reason) ? (words[reason] ?? '') : mail.unknownError
  return code === undefined ? text : `${text} (${code})`
}
