/**
 * What a value breaks, in Kith's words, wherever a schema has none of its own: zod's are for programmers. Imported for its
 * effect by the modules that all schemas come from.
 */
import * as z from 'zod'

type RawIssue = z.core.$ZodRawIssue
type Bound = Extract<RawIssue, { code: 'too_big' | 'too_small' }>

const PARTS: Readonly<Record<string, string>> = { string: 'character', array: 'item' }

function wordsOf(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : typeWords(issue.expected)
    case 'invalid_value':
      return issue.input === undefined ? 'is required' : valueWords(issue.values)
    case 'too_big':
      return boundWords(issue, issue.maximum, 'at most', ['less than', 'or less'])
    case 'too_small':
      return Number(issue.minimum) === 1 && issue.origin === 'string'
        ? 'is required'
        : boundWords(issue, issue.minimum, 'at least', ['more than', 'or more'])
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'unrecognized_keys':
      return `must not have ${issue.keys.join(', ')}`
    case 'invalid_key':
      return issue.issues[0] ? `has a name that ${issue.issues[0].message}` : 'has a name that is not allowed'
    default:
      return 'is not a valid value'
  }
}

function typeWords(expected: string): string {
  if (expected === 'int') return 'must be a whole number'
  if (expected === 'never') return 'is not allowed'
  return `must be of type ${expected === 'record' ? 'object' : expected}`
}

function valueWords(values: readonly unknown[]): string {
  const named = values.filter((value) => value !== '' && value != null)
  return named.length === 1 ? `must be ${named[0]}` : `must be one of ${named.join(', ')}`
}

function boundWords(issue: Bound, bound: number | bigint, most: string, [beyond, or]: readonly [string, string]): string {
  const part = PARTS[issue.origin]
  if (part) return `must have ${issue.exact ? 'exactly' : most} ${bound} ${part}${Number(bound) === 1 ? '' : 's'}`
  return issue.inclusive === false ? `must be ${beyond} ${bound}` : `must be ${bound} ${or}`
}

z.config({ customError: wordsOf })
