/** Callers of the room: an API key, and people who have signed in under it, as programs of that API do. */
import { expect } from 'vitest'
import { ANSWERS } from '../../conformance/epixel-samples.ts'
import { type Body, Client, newestCode, type Options, type Reply } from '../../support/kith.ts'
import { makeMachine } from '../../support/machines.ts'
import { oncePerFile } from '../../support/once-per-file.ts'
import { PASSWORD, type Person, verifiedPerson } from '../../support/people.ts'

export const ROOM = '/epixel/v1'
export const INVALID = 'The supplied authentication credentials are invalid.'
export const NOT_AN_IMAGE = 'Upload a valid image. The file you uploaded was either not an image or a corrupted image.'

/** Which credentials a caller sends; null for none. */
export class Caller {
  readonly key: string | null
  readonly access: string | null
  readonly client = new Client()
  constructor(key: string | null, access: string | null) {
    this.key = key
    this.access = access
  }

  call(method: string, path: string, body?: Body, options: Options = {}): Promise<Reply> {
    const headers: Record<string, string> = { ...options.headers }
    if (this.key !== null) headers.apikey = this.key
    if (this.access !== null) headers.authorization ??= `Bearer ${this.access}`
    return this.client.fetch(ROOM + path, { ...options, method, headers, ...(body === undefined ? {} : { body }) })
  }
  get = (path: string, options?: Options) => this.call('GET', path, undefined, options)
  post = (path: string, body?: Body, options?: Options) => this.call('POST', path, body, options)
}

export interface Member extends Caller {
  readonly person: Person
  readonly refresh: string
}

/** One shared by all tests of a file. */
export const sharedKey = oncePerFile(async () => (await makeMachine('api_key')).secret)

export const logInUnder = (secret: string, username: string, password = PASSWORD, options?: Options) =>
  new Caller(secret, null).post('/user/login/', { username, password }, options)

/** Signs somebody in under a key. */
export async function memberOf(person: Person, secret?: string): Promise<Member> {
  const own = secret ?? (await sharedKey())
  const reply = await logInUnder(own, person.username, person.password)
  if (reply.status !== 200) throw new Error(`log-in failed: ${reply.status} ${reply.text}`)
  return Object.assign(new Caller(own, reply.json.access), { person, refresh: reply.json.refresh as string })
}

export async function newMember(username: string, secret?: string): Promise<Member> {
  return memberOf(await verifiedPerson(username), secret)
}

export const form = (fields: Readonly<Record<string, string>>): FormData => {
  const made = new FormData()
  for (const [name, value] of Object.entries(fields)) made.append(name, value)
  return made
}

export function images(image: Uint8Array<ArrayBuffer> | null, cropped: Uint8Array<ArrayBuffer> | null, type = ''): FormData {
  const made = new FormData()
  if (image) made.append('image', new File([image], 'photo.jpg', { type }))
  if (cropped) made.append('cropped_image', new File([cropped], 'cropped.jpg', { type }))
  return made
}

export const profileOf = async (member: Caller) => (await member.get('/user/get/profile/')).json.data

/** The error envelope, and nothing else. */
export function expectErrors(reply: Reply, status: number, errors: Record<string, unknown>): void {
  expect([reply.status, reply.json], reply.text).toEqual([status, { status_code: status, errors, data: {} }])
}

/** As the seed prints it. */
export const DONE = ANSWERS.updateProfile

/** What proves `email`, as the program and its owner receive it. */
export async function proofOf(member: Caller, email: string): Promise<{ token_checksum_field: string; token_field: string }> {
  const reply = await member.post('/user/token-generator/', { email })
  if (reply.status !== 200) throw new Error(`no checksum: ${reply.status} ${reply.text}`)
  return { token_checksum_field: reply.json.data.token_checksum, token_field: await newestCode(email) }
}
