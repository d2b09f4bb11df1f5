/** The people and things of the tour, and a request to any route of the room `user`, for any caller. */
import type { Scope } from '../../src/core/scopes.ts'
import { signedInAdmin } from '../support/admins.ts'
import { copyOf } from '../support/copies.ts'
import { pictureForm, png } from '../support/images.ts'
import { type Client, db, type Options, type Reply } from '../support/kith.ts'
import { newFolder, upload } from '../support/media.ts'
import { oncePerFile } from '../support/once-per-file.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { concretePath, exampleInput, isAdminRoute, nameOf, type Route, scopeOf } from '../support/routes.ts'
import { idOf } from '../support/tokens.ts'
import { stopOf } from './index.ts'
import { API, CLIENT, DELIVERY, DIRECTORY, FOLDER, INVITE_CODE, MACHINE, MAIL, ROLE, type Scene, WEBHOOK } from './tour.ts'

const UPLOAD = new Uint8Array([1, 2, 3])
const NO_ID = 'f'.repeat(24)
let people = 0
let requests = 0

const originals = oncePerFile(async () => {
  const both = { someone: await signedInPerson('tour_someone'), admin: await signedInAdmin('tour_admin') }
  // Old enough for invite codes.
  await db.prepare("UPDATE users SET created_at = created_at - 60000 WHERE username LIKE 'tour%'").run()
  return both
})

export function neededBy(route: Route): Scope {
  const scope = scopeOf(route)
  if (scope === null) throw new Error(`${nameOf(route)} declares no scope`)
  return scope
}

export async function update(person: Person, sets: string): Promise<void> {
  await db.prepare(`UPDATE users SET ${sets} WHERE id = ?`).bind(idOf(person)).run()
}

/** A new person for a route to act on, whom it may ban or delete; and an existing role, client, API and key. */
export async function newOther(route?: Route): Promise<Person> {
  people += 1
  const hasWebhook = route?.path.startsWith('/webhook/') ?? false
  const isUnverified = route?.path.endsWith('/resend-verification') ?? false
  return copyOf((await originals()).someone, `tour_${people}_other`, (other) => [
    db.prepare(`UPDATE users SET email_verified_at = NULL WHERE id = ? AND ${isUnverified}`).bind(other),
    db
      .prepare(
        `INSERT OR IGNORE INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at)
         VALUES (?, 'Tour', 500, 'Of the tour', 'delegated:all', 0, 0, 0)`,
      )
      .bind(ROLE),
    db
      .prepare(
        `INSERT OR REPLACE INTO oauth_clients (id, name, token_endpoint_auth_method, redirect_uris, grant_types, scopes, created_at, updated_at)
         VALUES (?, 'Tour', 'none', '["https://tour.example/"]', 'authorization_code', 'admin:client:write', 0, 0)`,
      )
      .bind(CLIENT),
    db
      .prepare(
        `INSERT OR IGNORE INTO oauth_clients (id, name, token_endpoint_auth_method, redirect_uris, grant_types, scopes, created_at, updated_at)
         VALUES (?, 'Tour', 'client_secret_basic', '[]', 'client_credentials', 'client:provisioning:all', 0, 0)`,
      )
      .bind(DIRECTORY),
    db
      .prepare(
        `INSERT OR REPLACE INTO apis (resource, name, scopes, created_at, updated_at)
         VALUES (?, 'Tour', '[{"name":"orders:read","description":"See your orders"}]', 0, 0)`,
      )
      .bind(API),
    db
      .prepare(
        "INSERT OR REPLACE INTO machine_credentials (id, kind, name, scopes, created_at) VALUES (?, 'api_key', 'Tour', 'delegated:all', 0)",
      )
      .bind(Number.parseInt(MACHINE, 16)),
    db.prepare('DELETE FROM webhook_endpoints'),
    db
      .prepare(
        `INSERT INTO webhook_endpoints (id, url, events, secret, created_at, updated_at)
         SELECT ?, 'https://localhost/', 'user.purged', '', 0, 0 WHERE ?`,
      )
      .bind(Number.parseInt(WEBHOOK, 16), hasWebhook),
    db.prepare(
      "INSERT OR REPLACE INTO events (id, type, user_id, data, created_at) SELECT 1, 'webhook.test', id, '{}', 0 FROM webhook_endpoints",
    ),
    db
      .prepare(
        'INSERT INTO event_deliveries (id, endpoint_id, event_id, user_id, created_at) SELECT ?, id, 1, id, 0 FROM webhook_endpoints',
      )
      .bind(Number.parseInt(DELIVERY, 16)),
    // Behind that one, if it is sent again.
    db
      .prepare(
        'INSERT INTO event_deliveries (id, endpoint_id, event_id, user_id, created_at, next_attempt_at) SELECT ?, id, 1, id, 0, 9007199254740991 FROM webhook_endpoints',
      )
      .bind(Number.parseInt(DELIVERY, 16) + 1),
    db
      .prepare(
        `INSERT OR REPLACE INTO mail_outbox (id, kind, user_id, to_address, created_at, next_attempt_at, failed_at, error)
         VALUES (?, 'password_changed', ?, 'tour@example.com', 0, 0, 1, 'limit_reached')`,
      )
      .bind(Number.parseInt(MAIL, 16), other),
    db
      .prepare('INSERT OR REPLACE INTO invite_codes (code, owner_id, slot, created_at, updated_at) VALUES (?, ?, 99, 0, 0)')
      .bind(INVITE_CODE, other),
  ])
}

export interface Caller extends Person {
  readonly own: Scene['own']
}

/** Signed in, with a role that may call the route, and with what the route acts on. */
export async function newCaller(route?: Route): Promise<Caller> {
  people += 1
  const name = `tour_${people}_person`
  const { someone, admin } = await originals()
  const person = await copyOf(route && isAdminRoute(route) ? admin : someone, name)
  if (route && stopOf(route).pictured) await person.client.fetch('/user/profile-picture', { method: 'PUT', body: png() })
  if (!route?.path.includes('/media/')) return { ...person, own: { file: NO_ID, folder: NO_ID } }
  const folder = await newFolder(person.client, FOLDER)
  return { ...person, own: { file: (await upload(person.client, 'mine.txt', UPLOAD, { folder })).json.data.file._id, folder } }
}

export interface Request {
  readonly path: string
  readonly options: Options
}

function bodyOf(route: Route, scene: Scene): Record<string, unknown> | string {
  const { example, other } = scene
  const { body } = stopOf(route)
  if (body) return body(scene)
  return {
    ...example,
    ...('target' in example ? { target: other.id } : {}),
    ...('targets' in example ? { targets: [other.id] } : {}),
  }
}

function paramOf(route: Route, scene: Scene): string | undefined {
  const { path } = route
  const { param } = stopOf(route)
  if (param) return param(scene)
  if (path.includes(':userId')) return scene.other.id
  if (path.includes(':person')) return scene.other.username
  if (path.includes(':clientId')) return CLIENT
  if (path.includes(':fileId')) return scene.own.file
  return path.includes(':folderId') ? scene.own.folder : undefined
}

/** A request that succeeds if its sender has what `own` says. */
export function requestOf(route: Route, about: Pick<Scene, 'other' | 'own'>): Request {
  requests += 1
  const scene = { ...about, n: requests, example: exampleInput(route, 'json'), scope: scopeOf(route) ?? 'delegated:profile:read' }
  // On a GET a cookie counts only if the browser says that its own user asked (wire §6.8).
  const options: Options = { method: route.method, headers: { 'sec-fetch-site': 'same-origin' } }
  const { upload: uploaded } = route.tags
  if (uploaded?.form && uploaded.raw.length === 0) return { path: route.path, options: { ...options, body: pictureForm(png()) } }
  const body = uploaded?.form === null ? png() : uploaded ? UPLOAD : bodyOf(route, scene)
  const params = exampleInput(route, 'query') as Record<string, string>
  const query = new URLSearchParams('target' in params ? { ...params, target: scene.other.id } : params).toString()
  const path = concretePath(route, paramOf(route, scene)) + (query && `?${query}`)
  const hasBody = route.method !== 'GET' && (typeof body === 'string' || Object.keys(body).length > 0)
  return { path, options: hasBody ? { ...options, body } : options }
}

export function call(
  client: Client,
  route: Route,
  about: Pick<Scene, 'other' | 'own'>,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const { path, options } = requestOf(route, about)
  return client.fetch(path, { ...options, headers: { ...options.headers, ...headers } })
}
