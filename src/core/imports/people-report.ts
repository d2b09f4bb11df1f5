/** What an import did with each person, and how many of each there were. */
import type { UserId } from '../../ids.ts'
import type { RecordRefusal } from './person-record.ts'

export interface CreatedPerson {
  readonly status: 'created'
  /** Null in a dry run. */
  readonly id: UserId | null
  readonly username: string
  /** The record had no user name, or one that cannot be had here. */
  readonly isProposed: boolean
  /** The record had a password hash that cannot be checked here, so its owner has to reset the password. */
  readonly needsReset: boolean
  /** The person has no verified address yet. */
  readonly isUnverified: boolean
}

export type PersonResult =
  | CreatedPerson
  | {
      readonly status: 'exists'
      readonly id: UserId | null
      /** Found by the verified address alone. */
      readonly isByAddress: boolean
      /** An import had made them without a password, and nobody had used the account: now they have the record's. */
      readonly isPasswordAdded: boolean
    }
  | ({ readonly status: 'refused' } & RecordRefusal)

export interface PeopleCounts {
  readonly created: number
  readonly exists: number
  /** Of those who exist. */
  readonly passwordsAdded: number
  readonly refused: number
  readonly usernamesProposed: number
  readonly needReset: number
  readonly unverified: number
}

export interface PeopleReport {
  /** In the order of the records. */
  readonly results: readonly PersonResult[]
  readonly counts: PeopleCounts
}

export function reportOf(results: readonly PersonResult[]): PeopleReport {
  const created = results.filter((result) => result.status === 'created')
  const numberOf = (list: readonly PersonResult[], status: PersonResult['status']) => list.filter((one) => one.status === status).length
  return {
    results,
    counts: {
      created: created.length,
      exists: numberOf(results, 'exists'),
      passwordsAdded: results.filter((result) => result.status === 'exists' && result.isPasswordAdded).length,
      refused: numberOf(results, 'refused'),
      usernamesProposed: created.filter(({ isProposed }) => isProposed).length,
      needReset: created.filter(({ needsReset }) => needsReset).length,
      unverified: created.filter(({ isUnverified }) => isUnverified).length,
    },
  }
}
