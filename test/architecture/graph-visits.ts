/** Visits to the routes of people: the graph, status, search, invite codes, changes of an address, the end of an account. */
import { putEdge, setColumns } from '../support/graph.ts'
import { pictureForm, png } from '../support/images.ts'
import { Client, db, newestCode } from '../support/kith.ts'
import { type Person, signedInPerson, signUp, signUpBody } from '../support/people.ts'
import { visit } from './visits.ts'

const idOf = ({ id }: Pick<Person, 'id'>) => Number.parseInt(id, 16)
const INVITE_ONLY = { INVITE_ONLY: 'on', INVITE_CODE_WINDOW_SECONDS: '0' }
const hex = (id: number) => id.toString(16).padStart(24, '0')

export async function visitGraph(): Promise<void> {
  const [one, other] = [await signedInPerson('plan_one'), await signedInPerson('plan_other')]
  const asker = await signedInPerson('plan_asker')
  await visit(one.client, 'POST', '/user/follow', { target: other.id })
  for (const list of ['followers', 'following', 'follow-requests', 'blocks']) {
    for (const page of ['', `?limit=1&offset=${hex(9)}`]) await visit(one.client, 'GET', `/user/${list}${page}`)
  }
  for (const list of ['followers', 'following']) {
    await visit(one.client, 'GET', `/user/${other.id}/${list}`)
    await visit(one.client, 'GET', `/user/${other.id}/${list}?offset=${hex(9)}`)
  }
  await visit(one.client, 'GET', `/user/follow-status?target=${other.id}`)
  await visit(one.client, 'GET', `/user/follow-status/${other.id}`)
  await visit(one.client, 'POST', '/user/relationships', { targets: [other.id, asker.id] })
  await visit(one.client, 'POST', '/user/lookup', { targets: [other.id, asker.id] })
  await visit(asker.client, 'POST', '/user/follow', { target: one.id })
  await visit(asker.client, 'GET', '/user/suggestions')
  await visit(one.client, 'POST', '/user/unfollow', { target: other.id })
  await visit(one.client, 'POST', '/user/private', { state: true })
  for (const entry of ['PATCH', 'DELETE']) {
    const request = hex(await putEdge(other, one, false))
    if (entry === 'PATCH') await visit(one.client, 'PATCH', '/user/follow-request', { request })
    else await visit(one.client, 'DELETE', '/user/follow-entry', { entry: request })
    await visit(one.client, 'POST', '/user/block', { target: other.id })
    await visit(one.client, 'POST', '/user/unblock', { target: other.id })
  }
  await putEdge(other, one, false)
  await visit(one.client, 'POST', '/user/private', { state: false })
}

export async function visitPeople(): Promise<void> {
  const [one, other] = [await signedInPerson('plan_seer'), await signedInPerson('plan_seen')]
  await visit(one.client, 'GET', `/user/${other.id}`)
  await visit(one.client, 'GET', `/user/info/${other.id}`)
  await visit(one.client, 'PUT', '/user/status', { statusMessage: 'Plans.', availability: 'busy', mood: 'happy' })
  await visit(one.client, 'GET', '/user/status')
  await visit(one.client, 'DELETE', '/user/status')
  await visit(one.client, 'PATCH', '/user/profile-picture', pictureForm(png()))
  await visit(one.client, 'PUT', '/user/profile-picture', png())
  await visit(new Client(), 'GET', `/user/${one.id}/profile-picture`)
  await visit(one.client, 'DELETE', '/user/profile-picture')
  for (const query of ['plan', 'nobody is called this', other.id]) await visit(one.client, 'POST', '/user/search', { query })
  const { json } = await visit(one.client, 'GET', '/user/invite-codes', undefined, [200], INVITE_ONLY)
  const invited = { ...signUpBody('plan_invited'), inviteCode: json.data.inviteCodes[0].code }
  await visit(new Client(), 'POST', '/user/create', invited, [201], INVITE_ONLY)
  await visit(one.client, 'GET', '/roles/list')
  await visit(one.client, 'GET', '/user/audit')
  await visit(one.client, 'GET', `/user/audit?offset=${hex(9)}`)
  await visit(one.client, 'PATCH', '/user/me', { firstName: 'Another', bio: 'Seen.' })
}

export async function visitEmailChange(): Promise<void> {
  const { client, email, password } = await signedInPerson('plan_mover')
  await visit(client, 'PATCH', '/user/me', { email: 'plan_moved@example.com', currentPassword: password })
  await visit(new Client(), 'POST', '/user/verify-email', { code: await newestCode('plan_moved@example.com') })
  await visit(new Client(), 'POST', '/user/undo-email-change', { code: await newestCode(email) })
}

/** Somebody leaves and comes back; somebody is gone for good, of whom the sweep has everything to remove. */
export async function visitDeletion(): Promise<void> {
  const back = await signedInPerson('plan_returning')
  await visit(back.client, 'DELETE', '/user/me', { password: back.password })
  await visit(new Client(), 'POST', '/user/login', { username: back.username, password: back.password })
  const [gone, waited, friend] = [
    await signedInPerson('plan_gone'),
    await signedInPerson('plan_waited'),
    await signedInPerson('plan_friend'),
  ]
  await putEdge(gone, friend)
  await putEdge(friend, gone)
  await putEdge(friend, waited, false)
  const work = 'INSERT INTO edge_work (user_id, kind, created_at) VALUES (?, ?, 0)'
  await db.prepare(work).bind(idOf(waited), 'accept_requests').run()
  await setColumns(gone, { deleted_at: 1, deleted_reason: 'self' })
  await signUp('plan_unverified')
}
