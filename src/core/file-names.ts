/** Names of files and folders that every file system and program accepts. */
import type * as z from 'zod'
import { hasControl, text } from './texts.ts'

/** Direction overrides, which make `exe.png` look like `gnp.exe`. Letters of right-to-left scripts are fine. */
const BIDI = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u
/** Reserved names: on Windows these are devices, whatever follows the dot. */
const DEVICE_NAME = /^(con|prn|aux|nul|com[0-9\u00B9\u00B2\u00B3]|lpt[0-9\u00B9\u00B2\u00B3])(\..*)?$/i

/** The replacement character that a decoder leaves for bytes that are not UTF-8. */
const REPLACEMENT = '\uFFFD'

/** The name of a file or folder. Stored as Unicode NFC, so that the same name typed differently is one name. */
const entryName = text({ max: 255, asIs: true })
  .refine((v) => !/[/\\]/.test(v) && v !== '.' && v !== '..', 'must not contain / or \\, and not be . or ..')
  .refine((v) => !BIDI.test(v), 'must not change the direction of text')
  .refine((v) => !v.includes(REPLACEMENT), 'must be well-formed Unicode')
  .refine((v) => v.trim() === v && !v.endsWith('.'), 'must not begin or end with a space, nor end with a dot')
  .refine((v) => !DEVICE_NAME.test(v), 'is reserved')
  .transform((v) => v.normalize('NFC'))
export const fileName = entryName.brand<'FileName'>().meta({ minLength: 1, maxLength: 255, example: 'Holiday.jpg' })
export type FileName = z.output<typeof fileName>
export const folderName = entryName.brand<'FolderName'>().meta({ minLength: 1, maxLength: 255, example: 'Holidays' })
export type FolderName = z.output<typeof folderName>

const NAME_CHARACTERS_MAX = 255
const EXTENSION_CHARACTERS_MAX = 17
/** UTF-16 units of a sent name that are looked at, besides its end: the work grows faster than the length. */
const SENT_LENGTH_MAX = 4 * NAME_CHARACTERS_MAX

/** The nearest name that is allowed, for a file whose sender cannot see what is wrong with its name, or cannot change it. */
export function nearestFileName(sent: string): FileName {
  const plain = [...bounded(sent).replace(/[/\\]/g, '_')]
    .filter((char) => !BIDI.test(char) && char !== REPLACEMENT && !hasControl(char))
    .join('')
  const bare = plain.normalize('NFC').replace(/^\s+|[\s.]+$/gu, '')
  const known = fileName.safeParse(shortened(DEVICE_NAME.test(bare) ? `_${bare}` : bare))
  return known.success ? known.data : fileName.parse('_')
}

const bounded = (sent: string) =>
  sent.length <= SENT_LENGTH_MAX ? sent : sent.slice(0, SENT_LENGTH_MAX) + sent.slice(-2 * EXTENSION_CHARACTERS_MAX)

/** Cut before its extension. */
function shortened(name: string): string {
  const chars = [...name]
  if (chars.length <= NAME_CHARACTERS_MAX) return name
  const extension = /\.[^.\s]{1,16}$/u.exec(name)?.[0] ?? ''
  return `${chars
    .slice(0, NAME_CHARACTERS_MAX - [...extension].length)
    .join('')
    .trimEnd()}${extension}`
}
