/** One valid call of every route of the room, with its target, for the tests over all routes. */
import { newName } from '../../support/actors.ts'
import { copyOf } from '../../support/copies.ts'
import { png } from '../../support/images.ts'
import type { Options, Reply } from '../../support/kith.ts'
import { bytesOf } from '../../support/media.ts'
import type { Person } from '../../support/people.ts'
import { json, type OldClient, personalClient } from './harness.ts'

/** What a person has, and whom a call acts on. */
export interface Scene {
  readonly person: Person
  readonly other: Person
  readonly folder: string
  readonly file: string
}

/** Somebody with what the route needs; without a route, with everything. */
export async function newScene(original: Person, name?: string): Promise<Scene> {
  const [person, other] = [await copyOf(original, newName('scene')), await copyOf(original, newName('other'))]
  const [hasPicture, hasFile] = [!name || name === 'GET /user/avatar', !name || name.includes('/media')]
  const own = hasPicture || hasFile ? await personalClient(person) : null
  if (hasPicture) await own?.call('POST', '/user/avatar', png(), { 'content-type': 'application/octet-stream' })
  if (!hasFile || !own) return { person, other, folder: '', file: '' }
  await own.call('POST', '/user/media/Mine')
  const { json: file } = await own.call('POST', '/user/media/file/Mine?fileName=a.txt', bytesOf('a'), { 'content-type': 'text/plain' })
  return { person, other, folder: 'Mine', file }
}

type Call = readonly [method: string, path: (scene: Scene) => string, body?: Options['body'], type?: string]

/** By the name of the route; routes open to everyone come last. */
export const GUARDED: Readonly<Record<string, Call>> = {
  'GET /user/lookup/:person': ['GET', ({ other }) => `/user/lookup/${other.username}`],
  'GET /user/avatar': ['GET', () => '/user/avatar'],
  'POST /user/avatar': ['POST', () => '/user/avatar', png(), 'application/octet-stream'],
  'DELETE /user/avatar': ['DELETE', () => '/user/avatar'],
  'GET /user/profile/:person': ['GET', ({ other }) => `/user/profile/${other.username}`],
  'GET /user/profile': ['GET', () => '/user/profile'],
  'PUT /user/profile': ['PUT', () => '/user/profile', { AboutMe: 'Changed.' }],
  'GET /user/statusmessage': ['GET', () => '/user/statusmessage'],
  'PUT /user/statusmessage': ['PUT', () => '/user/statusmessage', json('changed')],
  'GET /user/media': ['GET', () => '/user/media'],
  'GET /user/media/list/:name': ['GET', ({ folder }) => `/user/media/list/${folder}`],
  'GET /user/media/content/:name': ['GET', ({ file }) => `/user/media/content/${file}`],
  'POST /user/media/file/:name': ['POST', ({ folder }) => `/user/media/file/${folder}?fileName=b.txt`, bytesOf('b'), 'text/plain'],
  'PUT /user/media/file/:name': ['PUT', ({ file }) => `/user/media/file/${file}`, json('c.txt')],
  'DELETE /user/media/file/:name': ['DELETE', ({ file }) => `/user/media/file/${file}`],
  'POST /user/media/:name': ['POST', () => '/user/media/More'],
  'PUT /user/media/:name': ['PUT', ({ folder }) => `/user/media/${folder}`, json('Renamed')],
  'DELETE /user/media/:name': ['DELETE', ({ folder }) => `/user/media/${folder}`],
  'GET /user/socialgraph/contactlist': ['GET', () => '/user/socialgraph/contactlist'],
  'PUT /user/socialgraph/contact/:person': ['PUT', ({ other }) => `/user/socialgraph/contact/${other.username}`],
  'GET /user/socialgraph/suggestions': ['GET', () => '/user/socialgraph/suggestions'],
  'GET /userinfo': ['GET', () => '/userinfo?schema=openid'],
}

export const OPEN: Readonly<Record<string, Call>> = {
  'GET /user/version': ['GET', () => '/user/version'],
  'GET /user/public/statusmessage/:person': ['GET', ({ other }) => `/user/public/statusmessage/${other.username}`],
  'GET /user/public/displayname/:person': ['GET', ({ other }) => `/user/public/displayname/${other.username}`],
  'GET /user/public/avatar/:person': ['GET', ({ other }) => `/user/public/avatar/${other.username}`],
}

/** Those of the authorization server: clients authenticate differently there. */
export const OF_CLIENTS = ['GET /authorize', 'POST /token', 'POST /revoke']

export function act(name: string, scene: Scene, client: OldClient, headers: Record<string, string> = {}): Promise<Reply> {
  const call = GUARDED[name] ?? OPEN[name]
  if (!call) throw new Error(`no call of ${name}`)
  const [method, path, body, type] = call
  return client.call(method, path(scene), body, { ...(type ? { 'content-type': type } : {}), ...headers })
}
