/**
 * What is wrong with a field, in the reader's language. The core says it in English, without the field's name, for the
 * APIs; here each sentence of the catalogue has the messages that it stands for. Its numbers are placeholders.
 */
import type { FieldIssue } from '../core/errors.ts'
import { fill, type Texts } from '../texts/texts.ts'

type Problem = keyof Texts['problems']

const MESSAGES: Readonly<Record<Exclude<Problem, 'general'>, string | readonly string[]>> = {
  required: 'is required',
  requiredWithPhone: 'is required with a phone number',
  wrong: 'is wrong',
  notCurrent: 'is not the current version',
  taken: 'is taken',
  reserved: 'is reserved',
  notEditable: 'may not be changed',
  tooShort: 'is too short',
  tooLong: 'is too long',
  atLeast: 'must have at least {min} characters',
  atMost: 'must have at most {max} characters',
  between: 'must have {min} to {max} characters',
  blank: 'must not be blank',
  empty: 'must not be empty',
  controlCharacters: 'must not contain control characters',
  malformed: ['must be well-formed text without NUL', 'must be well-formed Unicode'],
  repeated: 'must not be repeated',
  incomplete: 'is not complete',
  username: 'must have {min} to {max} letters, digits or underscores',
  likeAnId: 'must not look like an id',
  personName: 'may contain only letters, digits, spaces and punctuation used in names',
  email: 'must be an e-mail address',
  sixDigits: 'must be six digits',
  secondFactor: 'must be six digits, or a recovery code',
  commonPassword: 'is one of the most common passwords',
  tellingPassword: 'is too close to the user name, the e-mail address or the name of this service',
  breachedPassword: 'is known from a data breach',
  samePassword: 'is the current one. Choose another',
  sameAddress: 'is the current one. Enter another',
  earlierPassword: 'is not a password that the account had',
  inviteCode: 'is wrong or used',
  optionalInviteCode: 'is wrong or used; leave it empty to sign up without one',
  phone: 'must have {min} to {max} digits, and no country code',
  callingCode: 'must be a country code such as +44',
  birthdate: 'must be a date such as 2000-05-01, not in the future',
  country: 'must be a country code such as FR',
  httpsUrl: 'must be an https URL',
  languageTag: 'must be a language tag',
  timeZone: 'must be a time zone such as Europe/Paris',
  currency: 'must be a currency code such as EUR',
  notInList: ['is not in the list', 'must be one of the two'],
  notARole: 'is not a role',
  notInFuture: 'must be in the future',
  fileNameSlash: 'must not contain / or \\, and not be . or ..',
  fileNameDirection: 'must not change the direction of text',
  fileNameEnds: 'must not begin or end with a space, nor end with a dot',
}

const PATTERNS = Object.entries(MESSAGES).flatMap(([problem, messages]) =>
  [messages].flat().map((message) => ({ problem: problem as Problem, pattern: patternOf(message) })),
)

function patternOf(message: string): RegExp {
  return new RegExp(`^${message.replace(/[\\^$.*+?()[\]|]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>\\d+)')}$`)
}

/** The sentence for a message of the core; null if it has none, which a test rules out for all forms. */
export function problemOf(message: string): { problem: Problem; numbers: Readonly<Record<string, string>> } | null {
  for (const { pattern, problem } of PATTERNS) {
    const found = pattern.exec(message)
    if (found) return { problem, numbers: found.groups ?? {} }
  }
  return null
}

/** A sentence about the field `label`. An issue that a page has worded itself is one already. */
export function problemText(t: Texts, { code, message }: Pick<FieldIssue, 'code' | 'message'>, label: string): string {
  if (code === 'worded') return message
  const { problem, numbers } = problemOf(message) ?? { problem: 'general', numbers: {} }
  return fill<string>(t.problems[problem], { label, ...numbers })
}
