/**
 * What is wrong with a field, in the reader's language. The core says it in English, without the field's name, for the
 * APIs; here each sentence of the catalogue has the messages that it stands for. Its numbers and lists are placeholders.
 */
import type { FieldIssue } from '../core/errors.ts'
import { fill, type Texts } from '../texts/texts.ts'

type Problem = keyof Texts['problems']

const MESSAGES: Readonly<Record<Exclude<Problem, 'general' | 'line'>, string | readonly string[]>> = {
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
  usernameCharacters: 'must have only letters, digits and underscores',
  likeAnId: 'must not look like an id',
  personName: 'may contain only letters, digits, spaces and punctuation used in names',
  email: 'must be an email address',
  sixDigits: 'must be six digits',
  secondFactor: 'must be six digits, or a recovery code',
  commonPassword: 'is one of the most common passwords',
  tellingPassword: 'is too close to the user name, the email address or the name of this service',
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
  person: 'must be a user name, an email address or an id',
  eventType: 'is no type of event',
  day: 'must be a day such as 2026-11-29',
  notInList: ['is not in the list', 'must be one of the two', 'must be read or write', 'must be one of {list}', 'must be on or off'],
  notARole: 'is not a role',
  notInFuture: 'must be in the future',
  clientId: 'must have 3 to 64 letters, digits, ., _ or -, and begin with a letter or digit',
  likeAUserId: 'must not look like the id of a user',
  machinePrefix: 'must not begin with machine-, which is reserved for keys',
  roleId: 'must have 1 to {max} letters, digits or _',
  wholeNumber: 'must be a whole number',
  orMore: 'must be {min} or more',
  orLess: 'must be {max} or less',
  entriesMax: [
    'must have at most {max} URIs',
    'must have at most {max} names',
    'must have at most {max} scopes',
    'must have at most {max} keys',
  ],
  redirectUri: 'must be https, http on loopback, or the scheme of an app such as com.example.app:/callback',
  appScheme:
    'must not have a scheme without a domain, which any other app may claim as well, except with native_development: use one such as com.example.app',
  redirectMissing: 'must name a URI for authorization_code',
  publicUrl: [
    'must be an https URL with a public host name, without a fragment',
    'must be an https URL with a public host name',
    'must be a public https address without credentials or a fragment',
  ],
  grantMissing: ['must name a grant type', 'must name a type of event'],
  refreshAlone: 'refresh_token requires authorization_code or urn:ietf:params:oauth:grant-type:device_code',
  serviceSecret: [
    'client_credentials requires a client that authenticates',
    'urn:ietf:params:oauth:grant-type:token-exchange requires a client that authenticates',
  ],
  serviceScope: 'client_credentials requires a client: scope, or an API',
  scopeMissing: 'must name a scope',
  scopeUnknown: 'names unknown scopes: {list}',
  scopeOfKind: 'of this kind must be within {list}',
  keysMissing: 'private_key_jwt requires either jwks or jwks_uri',
  keysOnly: 'is for private_key_jwt',
  pkceOfPublic: 'a public client requires PKCE',
  secretOnly: 'is for clients that authenticate',
  pairwiseScopes: 'subject_type pairwise allows only OpenID Connect scopes, and those of APIs',
  pairwiseSector: 'is required: the redirect URIs have no https host in common',
  pairwiseOnly: 'is for subject_type pairwise',
  peopleOnly: 'requires authorization_code or urn:ietf:params:oauth:grant-type:device_code',
  originOfRedirect: 'must have the scheme, host and port of a redirect URI',
  claimRule: 'must be role, locale, picture or custom_data.<key>',
  apiResource: 'must be an https URI without a fragment; http on loopback for development',
  ownOrigin: "must not be at Kith's own origin",
  httpsInProduction: 'must be https in production',
  scopeName: 'must have letters, digits and punctuation other than a comma, |, " or \\',
  ownScope: "must not be one of Kith's own scopes, or offline_access",
  scopeLine: 'must be a name, a colon, and words',
  serverClient: 'must be a client with a secret or keys',
  robotName: 'of a robot must have 3 to 64 letters, digits, ., _ or -',
  robotTaken: 'A robot has this name',
  tenYears: 'must be within ten years',
  json: 'must be JSON',
  date: 'must be a date',
  fileNameSlash: 'must not contain / or \\, and not be . or ..',
  fileNameDirection: 'must not change the direction of text',
  fileNameEnds: 'must not begin or end with a space, nor end with a dot',
}

const PATTERNS = Object.entries(MESSAGES).flatMap(([problem, messages]) =>
  [messages].flat().map((message) => ({ problem: problem as Problem, pattern: patternOf(message) })),
)

function patternOf(message: string): RegExp {
  return new RegExp(
    `^${message
      .replace(/[\\^$.*+?()[\]|]/g, '\\$&')
      .replace(/\{(\w+)\}/g, '(?<$1>\\d+)')
      .replace('(?<list>\\d+)', '(?<list>.+)')}$`,
  )
}

/** The sentence for a message of the core; null if it has none, which a test rules out for all forms. */
export function problemOf(message: string): { problem: Problem; values: Readonly<Record<string, string>> } | null {
  for (const { pattern, problem } of PATTERNS) {
    const found = pattern.exec(message)
    if (found) return { problem, values: found.groups ?? {} }
  }
  return null
}

/** A sentence about the field `label`. An issue that a page has worded itself is one already; one line of a text area is named. */
export function problemText(t: Texts, { code, message }: Pick<FieldIssue, 'code' | 'message'>, label: string): string {
  if (code === 'worded') return message
  const [, line, rest] = /^line (\d+) (.+)$/.exec(message) ?? []
  if (line !== undefined && rest !== undefined) return problemText(t, { code, message: rest }, fill(t.problems.line, { label, line }))
  const { problem, values } = problemOf(message) ?? { problem: 'general', values: {} }
  return fill<string>(t.problems[problem], { label, ...values })
}
