/** Pages as a person without JavaScript sees them: finds the forms in the HTML, fills them in and sends them. */
import { expect } from 'vitest'
import { Client, mailsTo, type Options, ORIGIN, type Reply } from './kith.ts'
import { PASSWORD, type Person } from './people.ts'

export interface PageForm {
  readonly action: string
  /** The fields with their current values. */
  readonly fields: Readonly<Record<string, string>>
}

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }

export const unescapeHtml = (text: string) => text.replace(/&(lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity] ?? entity)

function attributesOf(tag: string): Record<string, string> {
  const pairs = [...tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/g)]
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, unescapeHtml(value)]))
}

export function formsOf({ text }: Pick<Reply, 'text'>): PageForm[] {
  return [...text.matchAll(/(<form\b[^>]*>)(.*?)<\/form>/gs)].flatMap(([, tag = '', inside = '']) => {
    const { method, action = '' } = attributesOf(tag)
    // A form that only filters what is shown.
    if (method === 'get') return []
    expect(method).toBe('post')
    const fields: Record<string, string> = {}
    for (const [input] of inside.matchAll(/<input\b[^>]*>/g)) {
      const { name, type, value = '', ...rest } = attributesOf(input)
      if (name !== undefined && (!['radio', 'checkbox'].includes(type ?? '') || 'checked' in rest)) fields[name] = value
    }
    for (const [, name = '', value = ''] of inside.matchAll(/<textarea\b[^>]*\sname="([^"]*)"[^>]*>(.*?)<\/textarea>/gs)) {
      fields[name] = unescapeHtml(value)
    }
    for (const [, name = '', options = ''] of inside.matchAll(/<select\b[^>]*\sname="([^"]*)"[^>]*>(.*?)<\/select>/gs)) {
      fields[name] = /<option[^>]*value="([^"]*)"[^>]*\sselected/.exec(options)?.[1] ?? ''
    }
    // Of several buttons, the first is the one that Enter presses.
    for (const [button] of inside.matchAll(/<button\b[^>]*>/g)) {
      const { name, value = '' } = attributesOf(button)
      if (name !== undefined) fields[name] ??= value
    }
    return { action, fields }
  })
}

/** The form that is sent to `path`, or the only one. */
export function formOf(reply: Pick<Reply, 'status' | 'text'>, path?: string): PageForm {
  const forms = formsOf(reply)
  const form = path === undefined ? forms[0] : forms.find(({ action }) => action.split('?')[0] === path)
  if (!form) throw new Error(`no form for ${path} in ${reply.status} ${reply.text}`)
  return form
}

/** Sends a form as a browser does from our own page. */
export function send(client: Client, form: PageForm, values: Record<string, string> = {}, options: Options = {}): Promise<Reply> {
  const body = new URLSearchParams({ ...form.fields, ...values })
  return client.post(form.action, body, { ...options, headers: { origin: ORIGIN, ...options.headers } })
}

/** Sends a form with a file, as a browser does. */
export function sendFile(client: Client, { action, fields }: PageForm, name: string, file: File, options: Options = {}): Promise<Reply> {
  const body = new FormData()
  for (const [field, value] of Object.entries(fields)) if (field !== name) body.append(field, value)
  body.append(name, file)
  return client.post(action, body, { ...options, headers: { origin: ORIGIN, ...options.headers } })
}

/** Opens a page and sends its form. */
export async function fillIn(client: Client, page: string, values: Record<string, string> = {}, action?: string): Promise<Reply> {
  return send(client, formOf(await open(client, page), action ?? page.split('?')[0]), values)
}

export async function open(client: Client, page: string): Promise<Reply> {
  const reply = await client.get(page, { headers: { accept: 'text/html' } })
  expect(reply.status, reply.text).toBe(200)
  return reply
}

/** Follows a reply, and returns that page. */
export async function follow(client: Client, reply: Reply): Promise<Reply> {
  expect(reply.status, reply.text).toBe(303)
  return open(client, reply.headers.get('location') ?? '')
}

/** What the page's script passes to `navigator.credentials`. */
export function passkeyOptionsIn({ text }: Pick<Reply, 'text'>) {
  const [, options] = /data-options="([^"]*)"/.exec(text) ?? []
  if (options === undefined) throw new Error(`no options for a passkey in ${text}`)
  return JSON.parse(unescapeHtml(options))
}

/** What the page's script puts into the form. */
export const passkeyAnswer = async (credential: unknown) => ({ credential: JSON.stringify(await credential) })

/** A page without what differs each time: tokens of forms, challenges of passkeys. */
export const asShown = ({ text }: Pick<Reply, 'text'>) => text.replace(/(name="form_token" value|data-options)="[^"]*"/g, '$1')

/** Title, heading and notice, for a quick look. */
export const headingOf = ({ text }: Reply) => unescapeHtml((/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]*>/g, ''))
export const noticeIn = ({ text }: Reply) => unescapeHtml(/role="status">(.*?)<\/p>/s.exec(text)?.[1] ?? '')
export const alertIn = ({ text }: Reply) =>
  unescapeHtml((/<div class="alert"[^>]*>(.*?)<\/div>/s.exec(text)?.[1] ?? '').replace(/<[^>]*>/g, ' ')).trim()

/** An authorization request on its way to the person, as the authorization endpoint sends it. */
export function consentPath(clientId: string, changes: Readonly<Record<string, string>> = {}): string {
  return `/consent?${new URLSearchParams({
    client_id: clientId,
    redirect_uri: 'https://app.kith.test/callback',
    response_type: 'code',
    scope: 'openid profile',
    state: 'xyz',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...changes,
  })}`
}

/** Signed in on the page, with the cookie of `client`. */
export async function signInOnPage(client: Client, identifier: string, password: string): Promise<Reply> {
  return fillIn(client, '/sign-in', { identifier, password })
}

/** A browser in which the person has signed in on the page. */
export async function browserOf({ username }: Pick<Person, 'username'>, client = new Client()): Promise<Client> {
  const { status, text } = await signInOnPage(client, username, PASSWORD)
  if (status !== 303) throw new Error(`not signed in: ${status} ${text}`)
  return client
}

/** Where the link with that text leads. */
export function linkNamed({ text }: Reply, name: string): string {
  const link = [...text.matchAll(/<a\b[^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs)].find(([, , inside = '']) => inside.startsWith(name))?.[1]
  if (link === undefined) throw new Error(`no link ${name} in ${text}`)
  return unescapeHtml(link)
}

/** The link of the newest mail that contains a code. */
export async function mailedLink(address: string): Promise<string> {
  for (const { text } of await mailsTo(address)) {
    const link = /^https:\/\/kith\.test(\S+[?]code=\S+)$/m.exec(text)?.[1]
    if (link) return link
  }
  throw new Error(`no link was mailed to ${address}`)
}

export const newBrowser = () => new Client()

/** Where a page continues to by itself. */
export const refreshOf = ({ text }: Pick<Reply, 'text'>) =>
  unescapeHtml(/http-equiv="refresh" content="0;url=([^"]*)"/.exec(text)?.[1] ?? '')
