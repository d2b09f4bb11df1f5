/**
 * A person on the way from an export to a record. What breaks a rule of Kith and is not needed to find the person again,
 * such as a date of birth, stays behind and is reported; the address, the id and the password are left to the import.
 */
import { readForeignHash } from '../../../../src/core/accounts/foreign-hashes/read.ts'
import { type PersonRecord, personRecord } from '../../../../src/core/imports/person-record.ts'
import { splitPhone } from '../../../../src/core/profiles/phone-numbers.ts'
import { shownText } from '../../../../src/core/texts.ts'
import type { Item, ReaderOptions, Row } from './reader.ts'
import { textOf, timeOf } from './values.ts'

type Field = keyof PersonRecord
/** Line breaks and tabs, which spreadsheets leave in names. */
const BREAKS = /[\s\p{Cc}\u2028\u2029]+/gu
/** Taken as they are: the import refuses a person for them. */
const NEEDED = new Set<Field>(['externalId', 'username', 'email'])
const NAMES = new Set<Field>(['givenName', 'middleName', 'familyName'])
const LABEL_LENGTH_MAX = 255

/** Providers whose ids of people are the same for every client or, Apple's, for the clients of a team. */
const ISSUERS: Readonly<Record<string, string>> = {
  google: 'https://accounts.google.com',
  github: 'https://github.com',
  apple: 'https://appleid.apple.com',
}

export class Draft {
  readonly #options: ReaderOptions
  readonly #record: Record<string, unknown> = {}
  readonly #lost = new Set<string>()
  readonly #data: Record<string, unknown> = {}
  /** As they were spelled. */
  readonly #names: unknown[] = []
  /** One of each provider, as in Kith. */
  readonly #identities = new Map<string, Row>()

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /** Names something of the person that does not move. */
  lose(what: string): void {
    this.#lost.add(what)
  }

  set(field: Field, value: unknown): this {
    if (value === undefined || value === null || value === '') return this
    // An address is no user name; the import proposes one.
    if (field === 'username' && String(value).includes('@')) return this
    if (NAMES.has(field)) this.#names.push(value)
    const result = NEEDED.has(field) ? undefined : personRecord.shape[field].safeParse(value)
    if (result?.error) this.lose(`${field}: ${result.error.issues[0]?.message}`)
    else this.#record[field] = value
    return this
  }

  /** One that Kith cannot check stays behind, and its owner sets a new one. What is only too costly is the import's to count. */
  password(hash: unknown): this {
    const text = textOf(hash)
    if (text === undefined) return this
    const read = readForeignHash(text)
    if ('refusal' in read && read.refusal !== 'too_costly') this.lose(`password: ${read.message}`)
    else this.#record.passwordHash = 'stored' in read ? read.stored : text
    return this
  }

  /** Of several fields, each a text. */
  setTexts(values: { readonly [Name in Field]?: unknown }): this {
    for (const [field, value] of Object.entries(values)) this.set(field as Field, textOf(value)?.replace(BREAKS, ' '))
    return this
  }

  /** `verified`: whether, or since when. */
  email(address: unknown, verified: boolean | string | undefined): this {
    const email = textOf(address)
    return email === undefined ? this : this.set('email', email).set('emailVerified', verified ?? false)
  }

  /** A name that is only the address or user name again, as systems fill it in, is not one. */
  displayName(name: unknown, ...others: readonly unknown[]): this {
    const text = textOf(name)
    return text !== undefined && others.includes(text) ? this : this.set('displayName', text)
  }

  phone(number: unknown): this {
    const digits = textOf(number)?.replace(/[\s().-]/g, '')
    if (digits === undefined) return this
    const { phoneCountryCode, phone } = /^\+\d{5,}$/.test(digits) ? splitPhone(digits) : { phoneCountryCode: undefined, phone: digits }
    return this.set('phone', phone).set('phoneCountryCode', phoneCountryCode)
  }

  times(values: { readonly createdAt?: unknown; readonly updatedAt?: unknown; readonly lastSeenAt?: unknown }): this {
    for (const [field, value] of Object.entries(values)) this.set(field as Field, timeOf(value))
    return this
  }

  /** Out of the roles that a person had, the one that the operator names a role of Kith for. */
  roles(names: readonly string[]): this {
    for (const name of names) {
      const role = this.#options.roles?.[name]
      if (role === undefined) this.lose(`role "${name}"`)
      else this.set('role', role)
    }
    return this
  }

  /** Data of the app, under the name that it had. */
  data(name: string, value: Row | undefined): this {
    if (value !== undefined) this.#data[name] = value
    return this
  }

  /** An account at another provider, by which the person signs in. `name` is the provider as the export spells it. */
  identity(name: string, subject: unknown, label?: unknown): this {
    const issuer =
      this.#options.issuers?.[name] ?? ISSUERS[name.toLowerCase().replace(/^(sign_?in_?with_?|oauth_)|([-.](oauth2|com))$/g, '')]
    const id = textOf(subject)
    if (issuer === undefined || id === undefined) this.lose(`account at ${name}`)
    else this.#identities.set(issuer, { issuer, subject: id, label: shownText(textOf(label) ?? '', LABEL_LENGTH_MAX) || null })
    return this
  }

  finish(line: number): Item {
    this.set('customData', Object.keys(this.#data).length > 0 ? this.#data : undefined)
    // A name with other characters than names have can still be shown.
    const { displayName, givenName, familyName, email, passwordHash } = this.#record
    if (displayName === undefined && givenName === undefined && familyName === undefined) this.set('displayName', this.#names.join(' '))
    if (email === undefined && passwordHash === undefined && this.#identities.size === 0) this.lose('every way to sign in')
    if (this.#identities.size > 0) this.#record.identities = [...this.#identities.values()]
    return { line, record: this.#record, lost: [...this.#lost] }
  }
}
