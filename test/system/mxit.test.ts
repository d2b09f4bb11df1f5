// The room mxit as a process, with the demo data, and requests that only a socket can send: those of real clients whose headers
// contradict each other (wire §0.3). A Node server would answer some of them 400; the Worker's runtime does not.
import { connect } from 'node:net'
import { beforeAll, expect, test } from 'vitest'
import { Demo } from './demo.ts'

const kith = new Demo()
let bearer: string

beforeAll(async () => {
  bearer = await tokenOf('alice_demo')
})

/** From the demo password, through the redirects of an old client, to a token. */
async function tokenOf(username: string): Promise<string> {
  const client = kith.project.demo().clients['demo-mxit']
  const cookie = await kith.cookieOf(username)
  const scope = 'profile/private content/read content/write'
  const query = new URLSearchParams({ response_type: 'code', client_id: client.client_id, redirect_uri: client.redirect_uri, scope })
  const first = await fetch(`${kith.origin}/mxit/authorize?${query}`, { redirect: 'manual' })
  const second = await fetch(first.headers.get('location') ?? '', { redirect: 'manual', headers: { cookie } })
  const code = new URL(second.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const reply = await fetch(`${kith.origin}/mxit/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: client.redirect_uri }),
  })
  const token = (await reply.json()) as Record<string, string | number>
  expect([reply.status, token.token_type, token.expires_in]).toEqual([200, 'bearer', 3600])
  return `${token.token_type} ${token.access_token}`
}

/** Sends these bytes, and returns everything until the server ends the connection. */
function sendRaw(text: string): Promise<string> {
  const { hostname, port } = new URL(kith.origin)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket.setTimeout(10_000, () => socket.destroy(new Error(`nothing more after ${answer}`)))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}

/** A request on the wire. Cookies and `User-Agent` are not sent: old clients have neither. */
const request = (line: string, headers: readonly string[], body = '') =>
  [`${line} HTTP/1.1`, `Host: ${new URL(kith.origin).host}`, `Authorization: ${bearer}`, 'Connection: close', ...headers, '', body].join(
    '\r\n',
  )

/** The final status: a `100 Continue` may come before it. */
const statusOf = (answer: string) => [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)).at(-1)

async function foldersOf(): Promise<string[]> {
  const reply = await fetch(`${kith.origin}/mxit/user/media/`, { headers: { authorization: bearer, 'content-type': 'application/json' } })
  expect(reply.status).toBe(200)
  return ((await reply.json()) as { Folders: { FolderName: string }[] }).Folders.map(({ FolderName }) => FolderName)
}

test('a folder is made by a body-less POST that says both chunked and Content-Length: 0, and expects 100-continue', async () => {
  const headers = [
    'Content-Type: application/json',
    'Accept: application/json',
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
  ]
  const answer = await sendRaw(request('POST /mxit/user/media/Awkward', headers, '0\r\n\r\n'))
  expect(statusOf(answer), answer).toBe(200)
  expect(await foldersOf()).toContain('Awkward')
})

test.each([
  ['Content-Length: 0', ['Content-Length: 0'], ''],
  ['no length at all', [], ''],
  ['chunks of nothing', ['Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['an empty object', ['Content-Type: application/json', 'Content-Length: 2'], '{}'],
])('a folder is made by a POST with %s', async (what, headers, body) => {
  const name = what.replaceAll(/[^a-z]/gi, '')
  const answer = await sendRaw(request(`POST /mxit/user/media/${name}`, headers, body))
  expect(statusOf(answer), answer).toBe(200)
  expect(await foldersOf()).toContain(name)
})

test('a GET and a DELETE with the type of a body that there is not', async () => {
  const type = 'Content-Type: application/json'
  expect(statusOf(await sendRaw(request('GET /mxit/user/profile', [type, 'Accept: application/json'])))).toBe(200)
  expect(statusOf(await sendRaw(request('GET /mxit/user/public/avatar/alice_demo', [type, 'Accept: application/json'])))).toBe(200)
  expect(statusOf(await sendRaw(request('DELETE /mxit/user/media/Awkward', [type, 'Content-Length: 0'])))).toBe(200)
  expect(await foldersOf()).not.toContain('Awkward')
})

test('what lies on the wire of a path: a plus is a plus, %20 a space, %2F no way into another folder', async () => {
  for (const path of ['C++', 'My%20Folder', 'Old+Folder']) {
    expect(statusOf(await sendRaw(request(`POST /mxit/user/media/${path}`, ['Content-Length: 0'])))).toBe(200)
  }
  expect(statusOf(await sendRaw(request('POST /mxit/user/media/a%2Fb', ['Content-Length: 0'])))).toBe(400)
  expect(await foldersOf()).toEqual(expect.arrayContaining(['C++', 'My Folder', 'Old Folder']))
})

test('an upload that waits for 100-continue is stored', async () => {
  const path = 'POST /mxit/user/media/file/Default?fileName=hello.txt'
  const answer = await sendRaw(request(path, ['Content-Type: text/plain', 'Content-Length: 5', 'Expect: 100-continue'], 'hello'))
  expect(statusOf(answer), answer).toBe(200)
  const file = /"([0-9a-f-]{36})"/.exec(answer)?.[1]
  const content = await fetch(`${kith.origin}/mxit/user/media/content/${file}`, { headers: { authorization: bearer } })
  expect(await content.text()).toBe('hello')
})
