/** Signing up, signing in and out, and what an app asks of `/oauth`. */
import { CLIENT } from '../clients.ts'
import { logInRequest, post, postForm } from '../prepare.ts'
import { asConfidential, authorizeRequest, html, pushRequest, type Scene, tokenRequest } from './scene.ts'
import type { Wanted } from './visitor.ts'

/** What a route is sent, made anew each time, and the longest chain of calls of the stores that it may need on its way. */
export interface Route {
  readonly name: string
  readonly trips: number
  readonly make: (scene: Scene) => Wanted | Promise<Wanted>
}

const signUpBody = (username: string) => ({
  username,
  firstName: 'Far',
  lastName: 'Away',
  email: `${username}@example.com`,
  password: `${username} has a long password`,
})

async function withSecondFactor(scene: Scene) {
  const person = await scene.newPerson()
  await person.app.call(post('/user/2fa', { state: true }))
  return person
}

const refreshRequest = (refreshToken: string) =>
  postForm('/oauth/token', new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: CLIENT.spa }))

export const signInRoutes: readonly Route[] = [
  {
    name: 'POST /user/create',
    trips: 2,
    make: (scene) => ({ ...post('/user/create', signUpBody(scene.newName())), by: scene.newVisitor() }),
  },
  {
    name: 'POST /user/verify-email',
    trips: 2,
    make: async (scene) => {
      const by = scene.newVisitor()
      const body = signUpBody(scene.newName())
      await by.call(post('/user/create', body))
      return { ...post('/user/verify-email', { code: await scene.mailedCode(body.email) }), by }
    },
  },
  { name: 'POST /user/login', trips: 3, make: async (scene) => ({ ...logInRequest(await scene.newAccount()), by: scene.newVisitor() }) },
  {
    name: 'POST /user/login, then a second step',
    trips: 3,
    make: async (scene) => ({ ...logInRequest(await withSecondFactor(scene)), by: scene.newVisitor() }),
  },
  {
    name: 'POST /user/do-2fa',
    trips: 3,
    make: async (scene) => {
      const [person, by] = [await withSecondFactor(scene), scene.newVisitor()]
      const { sessionHash } = JSON.parse((await by.call(logInRequest(person))).body).data
      return { ...post('/user/do-2fa', { target: person.id, sessionHash, code: await scene.mailedCode(person.email) }), by }
    },
  },
  {
    name: 'POST /user/sign-in-code',
    trips: 2,
    make: async (scene) => ({ ...post('/user/sign-in-code', { email: (await scene.newAccount()).email }), by: scene.newVisitor() }),
  },
  {
    name: 'POST /user/sign-in-code/confirm',
    trips: 3,
    make: async (scene) => {
      const [{ email }, by] = [await scene.newAccount(), scene.newVisitor()]
      const { token } = JSON.parse((await by.call(post('/user/sign-in-code', { email }))).body).data
      return { ...post('/user/sign-in-code/confirm', { token, code: await scene.mailedCode(email) }), by }
    },
  },
  {
    name: 'POST /user/code (forgotten password)',
    trips: 1,
    make: async (scene) => ({ ...post('/user/code', { email: (await scene.newAccount()).email }), by: scene.newVisitor() }),
  },
  {
    name: 'POST /user/reset-password',
    trips: 2,
    make: async (scene) => {
      const [{ email }, by] = [await scene.newAccount(), scene.newVisitor()]
      await by.call(post('/user/code', { email }))
      return { ...post('/user/reset-password', { code: await scene.mailedCode(email), password: 'another long password' }), by }
    },
  },
  { name: 'POST /user/logout', trips: 2, make: async (scene) => ({ ...post('/user/logout', {}), by: (await scene.newPerson()).app }) },
  { name: 'GET /sign-in', trips: 0, make: (scene) => ({ ...html('/sign-in'), by: scene.newVisitor() }) },
  {
    name: 'POST /sign-in',
    trips: 3,
    make: async (scene) => {
      const { username, password } = await scene.newAccount()
      return scene.form(scene.newVisitor(), '/sign-in', { identifier: username, password })
    },
  },
  {
    name: 'POST /sign-up',
    trips: 2,
    make: (scene) => {
      const { username, firstName, lastName, ...rest } = signUpBody(scene.newName())
      return scene.form(scene.newVisitor(), '/sign-up', { username, givenName: firstName, familyName: lastName, ...rest })
    },
  },
  {
    name: 'POST /verify, which also signs in',
    trips: 3,
    make: async (scene) => {
      const by = scene.newVisitor()
      const { username, firstName, lastName, ...rest } = signUpBody(scene.newName())
      const { by: _, ...form } = await scene.form(by, '/sign-up', { username, givenName: firstName, familyName: lastName, ...rest })
      await by.call(form)
      return scene.form(by, '/verify', { code: await scene.mailedCode(rest.email) })
    },
  },
  { name: 'GET /oauth/authorize', trips: 2, make: async (scene) => ({ ...authorizeRequest(), by: scene.me.browser }) },
  { name: 'POST /oauth/par', trips: 2, make: (scene) => ({ ...pushRequest(), by: scene.newVisitor() }) },
  {
    name: 'GET /oauth/authorize with request_uri',
    trips: 3,
    make: async (scene) => {
      const { request_uri } = JSON.parse((await scene.newVisitor().call(pushRequest())).body)
      return { ...html(`/oauth/authorize?${new URLSearchParams({ client_id: CLIENT.spa, request_uri })}`), by: scene.me.browser }
    },
  },
  {
    name: 'POST /oauth/token, a code',
    trips: 2,
    make: async (scene) => ({ ...tokenRequest(await scene.newCode(scene.me.browser)), by: scene.newVisitor() }),
  },
  {
    name: 'POST /oauth/token, a refresh',
    trips: 1,
    make: async (scene) => {
      const by = scene.newVisitor()
      const { refresh_token } = JSON.parse((await by.call(tokenRequest(await scene.newCode(scene.me.browser)))).body)
      return { ...refreshRequest(refresh_token), by }
    },
  },
  {
    name: 'POST /oauth/token, client_credentials',
    trips: 1,
    make: (scene) => ({ ...asConfidential('/oauth/token', { grant_type: 'client_credentials' }), by: scene.newVisitor() }),
  },
  {
    name: 'POST /oauth/introspect',
    trips: 1,
    make: (scene) => ({ ...asConfidential('/oauth/introspect', { token: scene.me.accessToken }), by: scene.newVisitor() }),
  },
  {
    name: 'POST /oauth/revoke',
    trips: 2,
    make: async (scene) => {
      const by = scene.newVisitor()
      const { refresh_token } = JSON.parse((await by.call(tokenRequest(await scene.newCode(scene.me.browser)))).body)
      return { ...postForm('/oauth/revoke', new URLSearchParams({ token: refresh_token, client_id: CLIENT.spa })), by }
    },
  },
  { name: 'GET /oauth/userinfo', trips: 1, make: (scene) => ({ method: 'GET', path: '/oauth/userinfo', by: scene.me.app }) },
  { name: 'GET /oauth/logout', trips: 1, make: async (scene) => ({ ...html('/oauth/logout'), by: (await scene.newPerson()).browser }) },
  {
    name: 'GET /.well-known/jwks.json',
    trips: 0,
    make: (scene) => ({ method: 'GET', path: '/.well-known/jwks.json', by: scene.newVisitor() }),
  },
]
