// Each room of an older API can be removed: its folder and its name in `src/rooms.ts`, and nothing else. The rest compiles,
// builds and serves; the room's paths are gone, and everything else answers as before.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSecrets } from '../../scripts/keys.ts'
import { Project, type Server } from './project.ts'

/** All of them, in the order of `rooms.ts`. */
const NAMES = ['mirrorfly', 'movida', 'mxit', 'epixel']
const TABLE_OF_ROOMS = 'src/rooms.ts'
const ROOT = join(import.meta.dirname, '..', '..')
const folderOf = (room: string) => `src/apis/${room}`
const TABLE = /^export const ROOMS: readonly Room\[\] = \[(.*)\]$/m

const roomsOf = (app: string) =>
  (TABLE.exec(app)?.[1] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

/** The table of rooms without the room: without the lines that import it, and without its name. */
function without(room: string, app: string): string {
  const lines = app.split('\n').filter((line) => !line.includes(`'./apis/${room}/`))
  return lines.join('\n').replace(
    TABLE,
    `export const ROOMS: readonly Room[] = [${roomsOf(app)
      .filter((name) => name !== room)
      .join(', ')}]`,
  )
}

const DEVELOPMENT = {
  ENVIRONMENT: 'development',
  ORIGIN: 'http://localhost:8787',
  MAIL: 'capture',
  MAIL_FROM: 'Kith <no-reply@localhost>',
  AVATARS_BASE_URL: 'http://localhost:8787/avatars',
}
let vars: Record<string, string>

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

async function documentOf(server: Server, room: string): Promise<Document | null> {
  const reply = await fetch(`${server.origin}/openapi/${room}.json`)
  return reply.status === 200 ? ((await reply.json()) as Document) : null
}

/** What every operation of the document answers to an anonymous caller, without per-request values. */
async function answersOf(server: Server, { paths }: Document): Promise<Record<string, number>> {
  const answers: Record<string, number> = {}
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      const url = server.origin + path.replace(/\{\w+\}/g, '1')
      answers[`${method} ${path}`] = (await fetch(url, { method: method.toUpperCase(), redirect: 'manual' })).status
    }
  }
  return answers
}

async function ownAnswers(server: Server): Promise<unknown> {
  const ask = async (path: string) => {
    const reply = await fetch(server.origin + path)
    return [path, reply.status, reply.headers.get('www-authenticate'), await reply.text()]
  }
  return Promise.all(['/health', '/user/me', '/user/scopes', '/openapi.json', '/openapi/oauth.json', '/nowhere'].map(ask))
}

let whole: Project
let documents: Map<string, Document>
let answers: Map<string, Record<string, number>>
let own: unknown

beforeAll(async () => {
  vars = { ...DEVELOPMENT, ...(await makeSecrets('dev-')) }
  whole = new Project()
  const server = await whole.serve(vars)
  const found = await Promise.all(NAMES.map(async (room) => [room, await documentOf(server, room)] as const))
  documents = new Map(found.flatMap(([room, document]) => (document ? [[room, document] as const] : [])))
  answers = new Map()
  for (const [room, document] of documents) answers.set(room, await answersOf(server, document))
  own = await ownAnswers(server)
  await server.stop()
})
afterAll(() => whole?.remove())

test('the rooms are these four, and each serves what its document says', () => {
  expect(roomsOf(readFileSync(join(ROOT, TABLE_OF_ROOMS), 'utf8'))).toEqual(NAMES)
  expect([...documents.keys()]).toEqual(NAMES)
  for (const [room, statuses] of answers) {
    expect([room, Object.keys(statuses).length > 0]).toEqual([room, true])
    // An anonymous caller is refused, or misses a parameter; a missing path would be 404.
    expect([room, Object.values(statuses).some((status) => status !== 404)]).toEqual([room, true])
  }
})

describe.each(NAMES)('%s', (room) => {
  test('can be taken away', async () => {
    const project = new Project()
    try {
      rmSync(join(project.folder, folderOf(room)), { recursive: true })
      project.write(TABLE_OF_ROOMS, without(room, project.read(TABLE_OF_ROOMS)))
      expect(project.read(TABLE_OF_ROOMS)).not.toContain(room)
      project.write('tsconfig.rest.json', '{ "extends": "./tsconfig.json", "include": ["src"] }')
      // In parallel it would do much of the work several times, while other tests need the processor.
      const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.rest.json', '--singleThreaded']
      expect(await project.run(process.execPath, tsc)).toEqual({ code: 0, output: '' })
      expect(await project.run(process.execPath, ['scripts/assets.ts'])).toEqual({ code: 0, output: '' })
      const server = await project.serve(vars)
      const document = documents.get(room)
      if (!document) throw new Error('no such room')
      expect(await documentOf(server, room)).toBeNull()
      for (const [operation, status] of Object.entries(await answersOf(server, document)))
        expect([operation, status]).toEqual([operation, 404])
      for (const other of NAMES.filter((name) => name !== room)) {
        expect(await documentOf(server, other)).toEqual(documents.get(other))
        expect(await answersOf(server, documents.get(other) as Document)).toEqual(answers.get(other))
      }
      expect(await ownAnswers(server)).toEqual(own)
      await server.stop()
    } finally {
      await project.remove()
    }
  })
})
