/** Profiles, people, files and pages; `sign-in-routes.ts` has the rest. */
import { png } from '../../test/support/images.ts'
import type { BenchRequest } from '../load.ts'
import { post } from '../prepare.ts'
import { html, type Person, type Scene } from './scene.ts'
import { type Route, signInRoutes } from './sign-in-routes.ts'

const UPLOAD = new Uint8Array(1_000)
const TYPED = { 'content-type': 'application/octet-stream' }

const json = (method: BenchRequest['method'], path: string, body: unknown): BenchRequest => ({ ...post(path, body), method })

/** By the app of the person who has the followers, the picture and the files. */
const reads = (paths: string, trips = 1): Route[] =>
  paths.split(' ').map((path) => ({ name: `GET ${path}`, trips, make: ({ me }) => ({ method: 'GET', path, by: me.app }) }))

const pages = (paths: string, trips = 1): Route[] =>
  paths.split(' ').map((path) => ({ name: `GET ${path}`, trips, make: ({ me }) => ({ ...html(path), by: me.browser }) }))

/** By somebody new, so that it has something to change. */
const act = (name: string, trips: number, request: (scene: Scene, person: Person) => BenchRequest | Promise<BenchRequest>): Route => ({
  name,
  trips,
  make: async (scene) => {
    const person = await scene.newPerson()
    return { ...(await request(scene, person)), by: person.app }
  },
})

async function newFile({ app }: Person): Promise<string> {
  const reply = await app.call({ method: 'POST', path: '/user/media/files?name=a.txt', headers: TYPED, body: UPLOAD })
  return JSON.parse(reply.body).data.file._id
}

async function newLink(person: Person): Promise<string> {
  const reply = await person.app.call(post(`/user/media/files/${await newFile(person)}/links`, {}))
  const { pathname, search } = new URL(JSON.parse(reply.body).data.link.url)
  return pathname + search
}

const profileRoutes: readonly Route[] = [
  ...reads('/user/me /user/status'),
  {
    name: 'GET /user/me right after a write, with its bookmark',
    trips: 1,
    make: async ({ me }) => {
      const { headers } = await me.app.call(json('PATCH', '/user/me', { bio: String(Math.random()) }))
      return { method: 'GET', path: '/user/me', headers: { 'x-d1-bookmark': String(headers['x-d1-bookmark']) }, by: me.app }
    },
  },
  act('PATCH /user/me', 2, () => json('PATCH', '/user/me', { bio: 'Far away.' })),
  act('PUT /user/status', 2, () => json('PUT', '/user/status', { statusMessage: 'Here' })),
  act('PUT /user/profile-picture', 4, () => ({
    method: 'PUT',
    path: '/user/profile-picture',
    headers: { 'content-type': 'image/png' },
    body: png(),
  })),
  {
    name: 'GET /user/:userId/profile-picture',
    trips: 1,
    make: (scene) => ({ method: 'GET', path: `/user/${scene.me.id}/profile-picture`, by: scene.newVisitor() }),
  },
  act('GET /user/sessions', 2, () => ({ method: 'GET', path: '/user/sessions' })),
  ...reads('/user/login-history /user/audit /user/2fa /user/passkeys /user/providers'),
  act('POST /user/export', 5, (_, { password }) => post('/user/export', { password })),
]

const socialRoutes: readonly Route[] = [
  { name: 'GET /user/:userId', trips: 1, make: ({ me, other }) => ({ method: 'GET', path: `/user/${other.id}`, by: me.app }) },
  {
    name: 'GET /user/by-username/:username',
    trips: 1,
    make: ({ me, other }) => ({ method: 'GET', path: `/user/by-username/${other.username}`, by: me.app }),
  },
  { name: 'POST /user/search', trips: 1, make: ({ me }) => ({ ...post('/user/search', { query: 'far' }), by: me.app }) },
  { name: 'POST /user/lookup', trips: 1, make: ({ me, other }) => ({ ...post('/user/lookup', { targets: [other.id] }), by: me.app }) },
  ...reads('/user/followers /user/following /user/follow-requests /user/blocks /user/suggestions'),
  act('POST /user/follow', 2, ({ other }) => post('/user/follow', { target: other.id })),
  act('POST /user/unfollow', 2, async ({ other }, { app }) => {
    await app.call(post('/user/follow', { target: other.id }))
    return post('/user/unfollow', { target: other.id })
  }),
  act('POST /user/block', 2, ({ other }) => post('/user/block', { target: other.id })),
]

const mediaRoutes: readonly Route[] = [
  ...reads('/user/media/files /user/media/folders /user/media/usage'),
  act('POST /user/media/files', 4, () => ({ method: 'POST', path: '/user/media/files?name=a.txt', headers: TYPED, body: UPLOAD })),
  act('GET /user/media/files/:fileId', 1, async (_, person) => ({ method: 'GET', path: `/user/media/files/${await newFile(person)}` })),
  act('GET /user/media/files/:fileId/content', 2, async (_, person) => ({
    method: 'GET',
    path: `/user/media/files/${await newFile(person)}/content`,
  })),
  act('POST /user/media/files/:fileId/links', 1, async (_, person) => post(`/user/media/files/${await newFile(person)}/links`, {})),
  act('GET /files/:fileId, by a link', 2, async (_, person) => ({ method: 'GET', path: await newLink(person) })),
  act('DELETE /user/media/files/:fileId', 2, async (_, person) => ({
    method: 'DELETE',
    path: `/user/media/files/${await newFile(person)}`,
  })),
]

const pageRoutes: readonly Route[] = [
  ...pages('/account /account/profile /account/activity /account/files'),
  {
    name: 'GET /account/sessions',
    trips: 2,
    make: async (scene) => ({ ...html('/account/sessions'), by: (await scene.newPerson()).browser }),
  },
  ...pages('/people /people/followers /people/suggestions'),
  { name: 'GET /@username, signed in', trips: 1, make: ({ me, other }) => ({ ...html(`/@${other.username}`), by: me.browser }) },
  { name: 'GET /@username, as a stranger', trips: 1, make: (scene) => ({ ...html(`/@${scene.me.username}`), by: scene.newVisitor() }) },
  {
    name: 'POST /account/profile',
    trips: 2,
    make: async (scene) => scene.form((await scene.newPerson()).browser, '/account/profile', { bio: 'Far away.' }),
  },
  {
    name: 'POST /account/privacy',
    trips: 2,
    make: async (scene) => scene.form((await scene.newPerson()).browser, '/account/privacy', { visibility: 'private' }),
  },
  { name: 'POST /sign-out', trips: 2, make: async (scene) => scene.form((await scene.newPerson()).browser, '/sign-out', {}) },
]

/** Each with a heading. */
export const GROUPS: readonly (readonly [string, readonly Route[]])[] = [
  ['signing in, and apps', signInRoutes],
  ["one's own profile", profileRoutes],
  ['other people', socialRoutes],
  ['files', mediaRoutes],
  ['pages', pageRoutes],
]
