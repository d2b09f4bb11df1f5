// Seed 004 by curl against a running Kith: the printed command with the repairs of wire §5.3 and no other, and what a service
// does before and after it. The license key is created as by the operator's command.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MachinePlan } from '../../src/core/machines/machines.ts'
import { PRINTED_400, PRINTED_401, PRINTED_ANSWER, repairedCurl, VALUES } from '../conformance/mirrorfly-seed.ts'
import { differences, type Json } from '../conformance/samples.ts'
import { png } from '../support/images.ts'
import { addMachine, emptyKith } from './person.ts'

let kith: Awaited<ReturnType<typeof emptyKith>>
let license: MachinePlan
const folder = mkdtempSync(join(tmpdir(), 'kith-curl-'))
const PICTURE = join(folder, 'me.png')

beforeAll(async () => {
  kith = await emptyKith()
  license = await addMachine(kith.project, {
    kind: 'license_key',
    name: 'System test',
    scopes: ['client:profile:all', 'delegated:all'],
    expiresAt: null,
  })
  writeFileSync(PICTURE, png({ width: 300, height: 200 }))
  await kith.start()
})
afterAll(async () => {
  await kith?.project.remove()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
  readonly json: any
  readonly type: string
}

/** Runs a shell command; curl writes its last line. */
function shell(command: string): Answer {
  const { stdout, stderr, status } = spawnSync('bash', ['-c', `${command} -s -w '\\n%{http_code} %{content_type}'`], { encoding: 'latin1' })
  if (status !== 0) throw new Error(`curl ended with ${status}: ${stderr}`)
  const at = stdout.lastIndexOf('\n')
  const [code = '', type = ''] = stdout.slice(at + 1).split(' ')
  return { status: Number(code), type, json: at > 0 && type.startsWith('application/json') ? JSON.parse(stdout.slice(0, at)) : undefined }
}

function logIn({ username, password }: { username: string; password: string }): Answer {
  const body = JSON.stringify({ username, password })
  return shell(`curl --request POST "${kith.origin}/api/v1/login" --header "Content-Type: application/json" --data '${body}'`)
}

const createUser = (token: string, values: Readonly<Record<string, string>> = {}) =>
  shell(repairedCurl(kith.origin, token, { ...VALUES, licenseKey: license.secret, profileFile: PICTURE, ...values }))

/** Bytes that are left out are not part of the answer. */
const get = (url: string, token?: string) => shell(`curl -o /dev/null ${token ? `--header "Authorization: ${token}"` : ''} "${url}"`)

test('the printed command makes a user; its username and password make a token; its pictures need one', () => {
  const account = license.account ?? { username: '', password: '' }
  const service = logIn(account)
  expect(service).toMatchObject({ status: 200, json: { status: 200, message: 'Data retrieved successfully' } })
  const { token } = service.json.data

  const made = createUser(token)
  expect(made.status, JSON.stringify(made.json)).toBe(200)
  expect(differences(PRINTED_ANSWER, made.json as Json)).toEqual([])
  const { data } = made.json
  expect(data).toMatchObject({
    nickname: 'User A',
    email: 'user@gmail.com',
    mobileNumber: VALUES.mobileNumber,
    userId: VALUES.userIdentifier,
    isProfileUpdated: false,
  })

  const user = logIn(data)
  expect(user.status).toBe(200)
  const shown = shell(`curl --header "Authorization: ${user.json.data.token}" "${kith.origin}/api/v1/users/${VALUES.userIdentifier}"`)
  expect(shown.json).toMatchObject({
    status: 200,
    data: { nickName: 'User A', emailId: 'user@gmail.com', userId: VALUES.userIdentifier },
    metaData: { team: 'blue', level: '7', city: 'Chennai' },
  })

  expect(get(data.profileUrl)).toMatchObject({ status: 401 })
  expect(get(data.profileUrl, data.token)).toMatchObject({ status: 200, type: 'image/jpeg' })
  expect(get(data.profileUrlThumb, token)).toMatchObject({ status: 200, type: 'image/png' })

  const again = createUser(token, { nickName: 'User B' })
  expect(again.json.data).toMatchObject({
    userId: data.userId,
    username: data.username,
    nickname: 'User B',
    isProfileUpdated: true,
    password: '',
  })
})

test('the printed errors: a token that is not given or expired, and a bad request', () => {
  for (const token of ['', 'AuthToken']) {
    const refused = createUser(token)
    expect([refused.status, refused.json]).toEqual([401, PRINTED_401])
  }
  const { token } = logIn(license.account ?? { username: '', password: '' }).json.data
  const bad = createUser(token, { mode: 'x' })
  expect([bad.status, differences(PRINTED_400, bad.json)]).toEqual([400, []])
  expect(bad.json.message).toBe('mode must be 0 or 1')
  expect(logIn({ username: 'user_nobody', password: 'wrong' }).status).toBe(400)
})
