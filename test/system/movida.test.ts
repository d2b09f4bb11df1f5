// The room `movida` and unmodified programs that speak HTTP Digest to it, from Debian: curl as the seed prints it, wget, Python's
// requests and urllib, Ruby's httpclient (which BeBanjo's own client is built on). Every XML reply goes through xmllint.
import { beforeAll, describe, expect, test } from 'vitest'
import { Demo } from './demo.ts'

const NAME = 'robot_user'

const kith = new Demo()
const { project } = kith
let secret: string

beforeAll(async () => {
  secret = project.demo().robot.password
  await renameBob()
})

/** Somebody gets a name that XML must escape. */
async function renameBob(): Promise<void> {
  project.write(
    'scripts/rename-bob.ts',
    `import { getPlatformProxy } from 'wrangler'
     import { STATE } from './local.ts'
     const platform = await getPlatformProxy({ persist: { path: STATE }, remoteBindings: false })
     const hostile = [']]>&<"\\u0001\\ufffe</user>', "\\u202e\\r\\n'👩‍💻&amp;"]
     await platform.env.DB.prepare("UPDATE users SET given_name = ?, family_name = ? WHERE username = 'bob_demo'").bind(...hostile).run()
     await platform.dispose()`,
  )
  const { code, output } = await project.run(process.execPath, ['scripts/rename-bob.ts'])
  if (code !== 0) throw new Error(output)
}

/** The output of a program, which must succeed. */
async function printed(command: string, args: readonly string[]): Promise<string> {
  const { code, output } = await project.run(command, args)
  expect(code, output).toBe(0)
  return output
}

const curl = (path: string, ...options: string[]) =>
  printed('curl', ['-sS', '--globoff', '--digest', '-u', `${NAME}:${secret}`, ...options, `${kith.origin}${path}`])

/** Checks with xmllint that it is well-formed, or returns what an XPath finds. */
async function xmllint(xml: string, xpath?: string): Promise<string> {
  project.write('reply.xml', xml)
  return (await printed('xmllint', [...(xpath === undefined ? ['--noout'] : ['--xpath', xpath]), 'reply.xml'])).trimEnd()
}

describe('curl', () => {
  test('each call of the seed, in XML and in JSON', async () => {
    const total = 5
    const xml = await curl('/api/users')
    await xmllint(xml)
    expect(await xmllint(xml, 'string(/users/@type)')).toBe('array')
    expect(await xmllint(xml, 'string(/users/total-entries)')).toBe(String(total))
    expect(await xmllint(xml, 'count(/users/user)')).toBe(String(total))
    const json = JSON.parse(await curl('/api/users', '-H', 'Accept: application/json'))
    expect(json).toMatchObject({ total_entries: total, prev_link: null, next_link: null })
    expect(json.entries.map((user: { full_name: string }) => user.full_name)).toContain(']]>&<"</user> \u202e\r\n\'👩‍💻&amp;')
    expect(json.entries).toHaveLength(total)
    for (const [at, user] of json.entries.entries()) {
      const id = await xmllint(xml, `string(/users/user[${at + 1}]/id[@type="integer"])`)
      expect(id).toBe(String(user.id))
      const one = await curl(`/api/users/${id}`)
      await xmllint(one)
      expect(await xmllint(one, 'string(/user/full-name)')).toBe(user.full_name)
      expect(await xmllint(one, 'string(/user/avatar-url/@nil)')).toBe('true')
      expect(await xmllint(one, 'string(/user/link[@rel="self"]/@href)')).toBe(`${kith.origin}/api/users/${id}`)
      expect(JSON.parse(await curl(`/api/users/${id}`, '-H', 'Accept: application/json'))).toEqual(user)
    }
  })

  test('from the root, along the links, forwards and back', async () => {
    const root = await curl('/api')
    await xmllint(root)
    const users = await xmllint(root, 'string(/movida/link[@rel="users"]/@href)')
    expect(users).toBe(`${kith.origin}/api/users`)
    let href = `${users}?per_page=2`
    const seen: string[] = []
    const follow = async (rel: string) => {
      const xml = await curl(href.slice(kith.origin.length))
      await xmllint(xml)
      seen.push(await xmllint(xml, 'string(/users/user[1]/id)'))
      href = await xmllint(xml, `string(/users/link[@rel="${rel}"]/@href)`)
    }
    while (href !== '') await follow('next')
    expect(new Set(seen).size).toBe(3)
    href = `${users}?page=3&per_page=2`
    while (href !== '') await follow('prev')
    expect(seen.slice(3)).toEqual(seen.slice(0, 3).reverse())
  })

  test.each(['?page=1&x=%7e', "?x='%27%22", '?x=a|b^`&é=ß', '?x=%e4', '?', '/?page=1', '//', '/../users', '/./'])(
    'the uri of any address is understood: /api/users%s',
    async (rest) => {
      const status = await curl(`/api/users${rest}`, '--path-as-is', '-o', '/dev/null', '-w', '%{http_code}')
      expect(['200', '404'], rest).toContain(status)
    },
  )

  test('refusals are XML too', async () => {
    const tooMany = await curl('/api/users?per_page=201')
    await xmllint(tooMany)
    expect(await xmllint(tooMany, 'string(/error/message)')).toBe('per_page maximum value is 200')
    for (const path of ['/api/users/999', '/api/nothing', '/api/users?page=x&per_page=0']) await xmllint(await curl(path))
    const wrong = await printed('curl', [
      '-sS',
      '--digest',
      '-u',
      `${NAME}:wrong`,
      '-w',
      '%{http_code}',
      '-o',
      'reply.xml',
      `${kith.origin}/api/users`,
    ])
    expect(wrong).toBe('401')
    await xmllint(project.read('reply.xml'))
    const none = await printed('curl', ['-sS', '-w', '%{http_code}', '-o', 'reply.xml', `${kith.origin}/api/users`])
    expect(none).toBe('401')
    await xmllint(project.read('reply.xml'))
  })

  test("a person's own name and password open nothing", async () => {
    const { password } = project.demo().users.alice_demo
    const args = ['-sS', '--digest', '-u', `alice_demo:${password}`, '-w', '%{http_code}', '-o', '/dev/null', `${kith.origin}/api/users`]
    expect(await printed('curl', args)).toBe('401')
  })
})

/** Each prints the JSON of the list, with a query, and then says that a wrong secret was refused. */
const PROGRAMS: Readonly<Record<string, (url: string) => [command: string, ...args: string[]]>> = {
  'Python requests': (url) => [
    '/usr/bin/python3',
    '-c',
    `
import sys, requests
from requests.auth import HTTPDigestAuth
url, name, secret = sys.argv[1:]
session = requests.Session()
session.auth = HTTPDigestAuth(name, secret)
replies = [session.get(url, headers={'Accept': 'application/json'}) for _ in range(3)]
# It keeps the nonce: only the first request is answered by a challenge.
assert [[r.status_code for r in [*reply.history, reply]] for reply in replies] == [[401, 200], [200], [200]]
print(replies[2].text)
print(requests.get(url, auth=HTTPDigestAuth(name, 'wrong')).status_code)`,
    url,
  ],
  'Python urllib': (url) => [
    '/usr/bin/python3',
    '-c',
    `
import sys, urllib.request, urllib.error
url, name, secret = sys.argv[1:]
def get(secret):
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, name, secret)
    opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
    return opener.open(urllib.request.Request(url, headers={'Accept': 'application/json'}))
print(get(secret).read().decode())
try:
    get('wrong')
except urllib.error.HTTPError as error:
    print(error.code)`,
    url,
  ],
  'Ruby httpclient': (url) => [
    'ruby',
    '-rhttpclient',
    '-e',
    `
url, name, secret = ARGV
open = lambda do |secret|
  client = HTTPClient.new
  client.set_auth(url, name, secret)
  client
end
client = open.call(secret)
3.times { raise 'refused' unless client.get(url, nil, 'Accept' => 'application/json').status == 200 }
puts client.get(url, nil, 'Accept' => 'application/json').body
puts open.call('wrong').get(url).status`,
    url,
  ],
  wget: (url) => [
    'bash',
    '-c',
    `wget -q -O - --header 'Accept: application/json' --user "$2" --password "$3" "$1"; echo
     wget -S -q -O - --user "$2" --password wrong "$1" 2>&1 | grep -o '401' | tail -1`,
    'wget',
    url,
  ],
}

describe.each(Object.entries(PROGRAMS))('%s', (_name, program) => {
  test('reads the list, and is refused with a wrong secret', async () => {
    const [command, ...args] = program(`${kith.origin}/api/users?page=2&per_page=2`)
    const output = await printed(command, [...args, NAME, secret])
    const [json = '', status] = output.trim().split('\n').filter(Boolean)
    expect(JSON.parse(json).entries).toHaveLength(2)
    expect(status).toBe('401')
  })
})
