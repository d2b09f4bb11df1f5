/** Values as exports have them: numbers and truth as text, JSON within a cell, times of every kind. */
import type { Row } from './reader.ts'

/** Text that says something. Ids and phone numbers may be numbers. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** As Postgres and spreadsheets write it, too; undefined if the export does not say. */
export function truthOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = textOf(value)?.toLowerCase()
  if (text === undefined) return undefined
  return ['true', 't', '1', 'yes'].includes(text)
}

/** An object, perhaps as JSON in a text. */
export function objectOf(value: unknown): Row {
  const parsed = parsedOf(value)
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Row) : {}
}

/** The objects of a list, perhaps as JSON in a text. */
export function objectsOf(value: unknown): readonly Row[] {
  const parsed = parsedOf(value)
  return Array.isArray(parsed) ? parsed.map(objectOf) : []
}

function parsedOf(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

/** The year 5138 in seconds, and 1973 in milliseconds. */
const SECONDS_MAX = 1e11
const POSTGRES = /^(\d{4,}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?\s*(?:(Z|UTC)|([+-]\d\d):?(\d\d)?)?$/i

/** Seconds or milliseconds since 1970, ISO 8601, or as Postgres prints it. Without a zone it is UTC. The text itself if it is no time. */
export function timeOf(value: unknown): string | undefined {
  const text = textOf(value)
  if (text === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text)
    return isoOf(Math.round(number < SECONDS_MAX ? number * 1000 : number)) ?? text
  }
  const [, date, time, fraction = '', , hours, minutes = '00'] = POSTGRES.exec(text.trim()) ?? []
  return isoOf(Date.parse(date ? `${date}T${time}${fraction.slice(0, 4)}${hours ? `${hours}:${minutes}` : 'Z'}` : text)) ?? text
}

function isoOf(ms: number): string | undefined {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** Without properties that say nothing; undefined if none is left. */
export function dataOf(row: Row, without: readonly string[] = []): Row | undefined {
  const kept = Object.entries(row).filter(
    ([name, value]) => !without.includes(name) && value !== null && value !== undefined && value !== '',
  )
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}
