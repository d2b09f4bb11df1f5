/** What the readers of other systems' exports have in common: what they are given, and what they make of it. */
import type { Draft } from './draft.ts'

export type Input = AsyncIterable<Uint8Array>
/** An object of the export, or a line of its table by the names of the columns. */
export type Row = Readonly<Record<string, unknown>>

export type Item =
  | {
      /** Where in the file: its line, or the number of the object in a JSON array. */
      readonly line: number
      /** As `core/imports/person-record.ts` takes it, not yet validated as a whole. */
      readonly record: Row
      /** What of this person does not move. The same words for everybody, so that they can be counted. */
      readonly lost: readonly string[]
    }
  | { readonly line: number; readonly refusal: string }

/** An object of the file, not yet translated. */
export type Entry = { readonly line: number; readonly row: Row } | { readonly line: number; readonly refusal: string }

export interface ReaderOptions {
  /** A second file of the same export: Auth0's password hashes, the accounts of better-auth. */
  readonly companion?: Input
  /** The parameters that Firebase shows for the project's password hashes. */
  readonly hashConfig?: string
  /** Issuers of the provider names that an export uses: `{ okta: 'https://example.okta.com' }`. */
  readonly issuers?: Readonly<Record<string, string>>
  /** Roles of Kith for those of the export: `{ admin: 'helpdesk' }`. Others are left behind. */
  readonly roles?: Readonly<Record<string, string>>
}

/** How a file begins. */
export interface Head {
  readonly text: string
  /** The names of all properties, if it is JSON. */
  readonly keys: ReadonlySet<string>
  /** The first line's cells, if it is a table. */
  readonly columns: readonly string[]
}

export interface Reader {
  /** As `--format` takes it. */
  readonly name: string
  /** As people call the system. */
  readonly title: string
  detect(head: Head): boolean
  read(input: Input, options: ReaderOptions): AsyncIterable<Item>
}

/** What a reader is made of. */
export interface System<Companion = unknown> {
  readonly name: string
  readonly title: string
  detect(head: Head): boolean
  /** Each person of an export has an id by one of these names. A file without any is refused, whatever it is said to be. */
  readonly ids: readonly string[]
  /** Completes "This looks like an export of ..., but"; null if the file can be read. */
  shortcoming?(head: Head): string | null
  /** The property that holds the people, where the file is one JSON object. */
  readonly list?: string
  /** Of a table whose first line is a person already. */
  readonly columns?: readonly string[]
  /** What a second file has, of a system that needs one. */
  readonly second?: string
  /** Whether there are parameters for its password hashes. */
  readonly hasHashConfig?: boolean
  /** Reads the second file, and the options. */
  gather?(companion: AsyncIterable<Entry> | null, options: ReaderOptions): Promise<Companion>
  /** Fills the draft; returns why the person cannot be moved, if so. */
  fill(draft: Draft, row: Row, companion: Companion): string | undefined
}

/** The file cannot be read on: nothing that another person of the file could do anything about. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  /** Not of the file itself, but of the second one. */
  isOfCompanion = false
}
