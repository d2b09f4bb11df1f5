/**
 * PATCH (RFC 7644 §3.5.2): the operations applied to a resource as JSON, which is then judged like one that replaces it. Names of
 * operations and attributes are compared without regard to case, as Entra sends them.
 */
import { AppError } from '../../core/errors.ts'
import { attributeOf, ENTRIES_MAX, isObject, type Json, type Resource, spelledValue } from './attributes.ts'
import { type Filter, isMeant, type Path, parsePath } from './filter.ts'

export interface Operation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path?: string | undefined
  readonly value?: unknown
}

type Target = NonNullable<ReturnType<typeof attributeOf>>

export function patched(resource: Resource, current: Json, operations: readonly Operation[]): Json {
  return operations.reduce((json, operation) => applied(resource, json, operation), current)
}

function applied(resource: Resource, json: Json, { op, path, value }: Operation): Json {
  if (path !== undefined) return atPath(resource, json, { op, path, value })
  if (op === 'remove') throw refusal('noTarget', 'An operation that removes needs a path')
  if (!isObject(value)) throw refusal('invalidValue', 'An operation without a path needs an object as its value')
  return Object.entries(value).reduce((sum, [key, item]) => {
    const known = attributeOf(resource, key)
    // What nobody can write is sent along here, such as the id.
    if (known?.readOnly) return sum
    return atPath(resource, sum, { op, path: key, value: item })
  }, json)
}

/** The attribute that a path names. A URN has colons and dots of its own. */
export function resolve(resource: Resource, text: string): { target: Target; path: Path } {
  const extension = resource.extensions.find((urn) => text.toLowerCase().startsWith(urn.toLowerCase()))
  const whole = extension && attributeOf(resource, extension)
  if (extension && whole) {
    const part = text.slice(extension.length).replace(/^[:.]/, '')
    return { target: whole, path: { attribute: whole.name, where: null, part: part === '' ? null : (part.split('.')[0] ?? null) } }
  }
  const prefix = `${resource.schema.toLowerCase()}:`
  const path = parsePath(text.toLowerCase().startsWith(prefix) ? text.slice(prefix.length) : text)
  const [name = '', ...parts] = path.attribute.split('.')
  const target = attributeOf(resource, name)
  if (!target || parts.length > 1) throw refusal('invalidPath', `The resource has no attribute ${text.slice(0, 64)}`)
  return { target, path: { attribute: target.name, where: path.where, part: path.part ?? parts[0] ?? null } }
}

function atPath(resource: Resource, json: Json, { op, path: text, value }: Operation & { path: string }): Json {
  const { target, path } = resolve(resource, text)
  if (target.readOnly) throw refusal('mutability', `${target.name} cannot be written`)
  const part = path.part === null ? null : (target.parts.get(path.part.toLowerCase()) ?? null)
  if (path.part !== null && part === null) throw refusal('invalidPath', `${target.name} has no ${path.part.slice(0, 64)}`)
  const { [target.name]: present, ...rest } = json
  const next = nextValue({ op, target, part, where: path.where, present, value: spelledForPart(target, part, value) })
  return next === undefined ? rest : { ...rest, [target.name]: next }
}

const spelledForPart = (target: Target, part: string | null, value: unknown) => (part === null ? spelledValue(target, value) : value)

interface Step {
  readonly op: Operation['op']
  readonly target: Target
  readonly part: string | null
  readonly where: Filter | null
  readonly present: unknown
  readonly value: unknown
}

/** Undefined: the attribute is gone. */
function nextValue(step: Step): unknown {
  const { op, target, part, present, value, where } = step
  if (target.kind === 'multi') return nextList({ ...step, present: Array.isArray(present) ? present : [] })
  if (where !== null) throw refusal('invalidPath', `${target.name} is not a list`)
  if (op !== 'remove' && value === undefined) throw refusal('invalidValue', `${target.name} needs a value`)
  if (target.kind === 'simple') return op === 'remove' ? undefined : value
  const object = isObject(present) ? present : {}
  if (part !== null) return withPart(object, part, op === 'remove' ? undefined : value)
  if (op === 'remove') return undefined
  if (!isObject(value)) throw refusal('invalidValue', `${target.name} must be an object`)
  return { ...object, ...value }
}

function withPart(object: Json, part: string, value: unknown): Json {
  const { [part]: _, ...rest } = object
  return value === undefined ? rest : { ...rest, [part]: value }
}

type ListStep = Step & { readonly present: readonly unknown[] }

/** Judged before and after each operation: lists are compared value by value. */
function nextList(step: ListStep): unknown {
  const next = isTooLong(step.value) ? step.value : changedList(step)
  if (isTooLong(next)) throw refusal('invalidValue', `${step.target.name} can have at most ${ENTRIES_MAX} values`)
  return next
}

const isTooLong = (value: unknown) => Array.isArray(value) && value.length > ENTRIES_MAX

function changedList({ op, target, part, where, present, value }: ListStep): unknown {
  if (op !== 'remove' && value === undefined) throw refusal('invalidValue', `${target.name} needs a value`)
  if (where === null && part === null) return wholeList(op, present, value)
  const isChosen = (item: unknown) => where === null || isMeant(where, item)
  if (op === 'remove') {
    if (part === null) return present.filter((item) => !isChosen(item))
    return present.map((item) => (isChosen(item) && isObject(item) ? withPart(item, part, undefined) : item))
  }
  const given = part === null ? value : { [part]: value }
  if (!isObject(given)) throw refusal('invalidValue', `A value of ${target.name} must be an object`)
  if (present.some(isChosen)) return present.map((item) => (isChosen(item) && isObject(item) ? { ...item, ...given } : item))
  return [...present, { ...(where === null ? {} : described(where)), ...given }]
}

/** Values of a list as such. A new primary one takes the place of the old (RFC 7643 §2.4). */
function wholeList(op: Operation['op'], present: readonly unknown[], value: unknown): unknown {
  const given = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
  const isGiven = (item: unknown) => given.some((one) => isObject(one) && isObject(item) && one.value === item.value)
  if (op === 'remove') return given.length === 0 ? undefined : present.filter((item) => !isGiven(item))
  if (op === 'replace') return given
  const hasPrimary = given.some((item) => isObject(item) && item.primary === true)
  const kept = present.filter((item) => !isGiven(item))
  return [...(hasPrimary ? kept.map((item) => (isObject(item) ? { ...item, primary: false } : item)) : kept), ...given]
}

/**
 * A value that nothing matched is made as the filter describes it: Entra replaces the number of a kind that a person does not have yet.
 * (RFC 7644 §3.5.2.3 would refuse that with `noTarget`, as is every filter that says more than what it equals.)
 */
function described(where: Filter): Json {
  const terms = 'and' in where ? where.and : [where]
  return Object.fromEntries(
    terms.map((term) => {
      if (!('operator' in term) || term.operator !== 'eq') throw refusal('noTarget', 'No value matches the filter')
      return [term.path, term.value]
    }),
  )
}

export function refusal(reason: string, message: string): AppError {
  return new AppError('invalid_request', message, { reason })
}
