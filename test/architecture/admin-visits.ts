/** Visits to the routes of administrators. */
import { toHex } from '../../src/ids.ts'
import { signedInAdmin } from '../support/admins.ts'
import { personWithApp } from '../support/authenticator.ts'
import { putEdge } from '../support/graph.ts'
import { db } from '../support/kith.ts'
import { makeMachine } from '../support/machines.ts'
import { PASSWORD, type Person, signedInPerson, signUp } from '../support/people.ts'
import { putConsent } from '../support/tokens.ts'
import { visit } from './visits.ts'

export async function visitAdministration(): Promise<void> {
  const admin = await signedInAdmin('plan_admin', 'super_admin')
  const target = await signedInPerson('plan_target')
  await visitReads(admin, target)
  await visitSupport(admin)
  await visitRoles(admin)
  await visitActs(admin, target)
  await visitClients(admin)
  await visitMachines(admin)
}

async function visitMachines({ client }: Person): Promise<void> {
  const robot = await makeMachine('robot')
  const { json } = await visit(client, 'POST', '/machine/admin-api/create', { kind: 'api_key', name: 'Planner', scope: 'delegated:all' })
  await visit(client, 'GET', '/machine/admin-api/list')
  await visit(client, 'GET', `/machine/admin-api/list?offset=${json.data.machine._id}`)
  for (const id of [json.data.machine._id, toHex(robot.machine.id)]) await visit(client, 'POST', '/machine/admin-api/revoke', { id })
}

async function visitClients({ client, id }: Person): Promise<void> {
  const about = { client_name: 'Plan', redirect_uris: ['https://plan.example/cb'], scope: 'delegated:profile:read' }
  for (const client_id of ['plan-client-1', 'plan-client-2'])
    await visit(client, 'POST', '/client/admin-api/create', { ...about, client_id })
  await visit(client, 'PATCH', '/client/admin-api/update', { client_id: 'plan-client-1', client_name: 'Planner', disabled: true })
  await visit(client, 'GET', '/client/admin-api/list?after=plan-client-0')
  await visit(client, 'GET', '/client/plan-client-1')
  await putConsent(id, 'plan-client-1')
  await visit(client, 'GET', '/user/apps')
  await visit(client, 'DELETE', '/user/apps/plan-client-1')
  await visit(client, 'POST', '/client/admin-api/delete', { client_id: 'plan-client-1' })
  await visit(client, 'DELETE', '/client/admin-api/delete', { client_id: 'plan-client-2' })
  // For the sweep: old enough to be removed.
  await db.prepare("UPDATE oauth_clients SET disabled_at = 1 WHERE token_endpoint_auth_method = 'deleted'").run()
}

async function visitReads({ client }: Person, { id }: Person): Promise<void> {
  const filters = ['', 'role=user', 'banned=true', 'banned=false', 'restricted=true', 'unverified=true', 'unverified=false']
  const pairs = filters.slice(1).flatMap((one, index) => filters.slice(index + 2).map((other) => `${one}&${other}`))
  for (const filter of [...filters, ...pairs, 'role=user&offset=000000000000000000000009']) {
    if (!/banned=\w+&banned|unverified=\w+&unverified/.test(filter)) await visit(client, 'GET', `/user/admin-api/list?${filter}`)
  }
  for (const path of ['user-info', 'retrieve-user-info']) await visit(client, 'POST', `/user/admin-api/${path}`, { targets: [id] })
  for (const query of [id, 'plan']) await visit(client, 'POST', '/user/admin-api/search', { query })
  await visit(client, 'GET', '/user/admin-api/editable-fields')
  for (const query of [id, 'plan_target@example.com', 'plan_target', 'plan&banned=false'])
    await visit(client, 'GET', `/user/admin-api/list?query=${query}`)
  for (const path of ['user-info', 'invite-codes', 'login-history', 'audit', 'sessions', '2fa'])
    await visit(client, 'GET', `/user/admin-api/${path}?target=${id}`)
}

async function visitSupport({ client }: Person): Promise<void> {
  const { id: target } = await personWithApp('plan_helped')
  const { json } = await visit(client, 'GET', `/user/admin-api/sessions?target=${target}`)
  await visit(client, 'POST', '/user/admin-api/end-sessions', { target, session: json.data.records[0]._id })
  await visit(client, 'POST', '/user/admin-api/end-sessions', { target })
  await visit(client, 'POST', '/user/admin-api/remove-2fa', { target })
  await visit(client, 'POST', '/user/admin-api/send-password-reset', { target })
  const waiting = await signUp('plan_waiting')
  await db.prepare("DELETE FROM attempt_counters WHERE key LIKE 'mail:%'").run()
  await visit(client, 'POST', '/user/admin-api/resend-verification', { target: waiting.id })
}

async function visitRoles({ client }: Person): Promise<void> {
  const role = { id: 'plan_role', displayName: 'Planner', ranking: 50, description: 'Plans.' }
  await visit(client, 'POST', '/roles/admin-api/create', role)
  await visit(client, 'PATCH', '/roles/admin-api/update', { id: role.id, ranking: 60 })
  await visit(client, 'DELETE', '/roles/admin-api/delete', { id: role.id })
}

async function visitActs({ client }: Person, person: Person): Promise<void> {
  const target = person.id
  const made = { firstName: 'Made', lastName: 'Person', username: 'plan_made', email: 'plan_made@example.com', password: PASSWORD }
  const { json } = await visit(client, 'POST', '/user/admin-api/create', made)
  const changes = { firstName: 'New', username: 'plan_target_2', email: 'plan_target_2@example.com', role: 'owner' }
  await visit(client, 'PATCH', '/user/admin-api/update', { target, ...changes, password: 'battery-staple-horse-correct' })
  await visit(client, 'PATCH', '/user/me', { target, bio: 'Changed.' })
  await visit(client, 'PUT', '/user/admin-api/custom-data', { target, customData: { plan: 'school' } })
  await visit(client, 'POST', '/user/admin-api/subscription', { target, state: true, tier: 'basic' })
  await visit(client, 'POST', '/user/admin-api/verify', { target, state: true })
  await putEdge(person, { id: json.data.user._id })
  await putEdge({ id: json.data.user._id }, person)
  for (const state of [true, false]) {
    await visit(client, 'POST', '/user/admin-api/restrict', { target, state })
    await visit(client, 'POST', '/user/admin-api/ban', { target, state })
  }
  await visit(client, 'POST', '/user/admin-api/delete', { target })
  await visit(client, 'DELETE', '/user/admin-api/delete', { target: json.data.user._id })
}
