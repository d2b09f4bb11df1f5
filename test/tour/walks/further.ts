/** Cases of routes without a budget of their own, for the plans of their statements; and what the sweep finds. */
import { memberOf, proofOf, ROOM } from '../../apis/epixel/harness.ts'
import { BASE, basic, formOf, newDeployment } from '../../apis/mirrorfly/harness.ts'
import { personWithSecondFactor } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { Robot } from '../../support/digest.ts'
import { putEdge, setColumns } from '../../support/graph.ts'
import { Client, db, newestCode } from '../../support/kith.ts'
import { makeRobot } from '../../support/machines.ts'
import { bucket, bytesOf, idOfHex, newFile, newFolder, sha256 } from '../../support/media.ts'
import { signedInPerson, signUp, signUpBody, verifiedPerson } from '../../support/people.ts'
import { bearerOf, newOAuthClient, putConsent, userToken } from '../../support/tokens.ts'
import { visit } from '../visits.ts'

const FILES = '/user/media/files'
const BYTES = bytesOf('of a plan')
const INVITE_ONLY = { INVITE_ONLY: 'on', INVITE_CODE_WINDOW_SECONDS: '0' }

export async function visitFurther(): Promise<void> {
  await visitLists()
  await visitOwn()
  await visitSecondFactor()
  await visitLibrary()
  await visitRooms()
}

/** Each filter and each pair of them, because each has its index. */
async function visitLists(): Promise<void> {
  const { client, id } = await signedInAdmin('further_admin', 'super_admin')
  const filters = ['role=user', 'banned=true', 'banned=false', 'restricted=true', 'unverified=true', 'unverified=false']
  const pairs = filters.flatMap((one, index) => filters.slice(index + 1).map((other) => `${one}&${other}`))
  for (const filter of [...pairs, 'role=user&offset=000000000000000000000009', 'query=plan&banned=false']) {
    if (!/banned=\w+&banned|unverified=\w+&unverified/.test(filter)) await visit(client, 'GET', `/user/admin-api/list?${filter}`)
  }
  // Somebody whom nobody else sees.
  const hidden = await signedInPerson('further_hidden')
  await setColumns(hidden, { banned_at: 1 })
  await visit(client, 'GET', `/user/${hidden.id}`)
  // For the sweep: a client with a consent, deleted long ago.
  const clientId = await newOAuthClient()
  await putConsent(id, clientId)
  await visit(client, 'POST', '/client/admin-api/delete', { client_id: clientId })
  await db.prepare("UPDATE oauth_clients SET disabled_at = 1 WHERE token_endpoint_auth_method = 'deleted'").run()
}

/** A browser that the account knows has its own attempts. */
async function visitSecondFactor(): Promise<void> {
  const person = await personWithSecondFactor('further')
  for (let time = 0; time < 2; time++) {
    const { username, password } = person
    const { json } = await visit(person.client, 'POST', '/user/login', { username, password })
    const { sessionHash } = json.data
    await visit(person.client, 'POST', '/user/do-2fa', { target: person.id, sessionHash, code: await newestCode(person.email) })
  }
}

async function visitOwn(): Promise<void> {
  const { client } = await signedInPerson('further_own')
  const { json } = await visit(client, 'GET', '/user/invite-codes', undefined, [200], INVITE_ONLY)
  const invited = { ...signUpBody('further_invited'), inviteCode: json.data.inviteCodes[0].code }
  await visit(new Client(), 'POST', '/user/create', invited, [201], INVITE_ONLY)
  await visit(client, 'PATCH', '/user/me', { firstName: 'Another', bio: 'Seen.' })
}

async function visitLibrary(): Promise<void> {
  const person = await signedInPerson('further_librarian')
  const { client } = person
  const folder = await newFolder(client, 'Plans')
  await visit(client, 'POST', '/user/media/folders', { name: 'More' }, [403], { MEDIA_FOLDERS_PER_USER: '1' })
  await visit(client, 'POST', `${FILES}?name=plan.txt&folder=${'f'.repeat(24)}`, BYTES, [404])
  await visit(client, 'POST', `${FILES}?name=plan.txt`, BYTES, [201])
  await visit(client, 'POST', `${FILES}?name=plan.txt`, BYTES, [403], { MEDIA_FILES_PER_USER: '1' })
  const path = `${FILES}/${await newFile(client)}`
  for (const change of [{ folder }, { folder: 'default' }, { preventShare: true }]) await visit(client, 'PATCH', path, change)
  // Bytes that are not what they claim to be: the reservation is given up.
  const digest = `sha-256=:${Buffer.from(sha256(bytesOf('else')), 'hex').toString('base64')}:`
  await visit(client, 'POST', `${FILES}?name=lie.txt`, BYTES, [400], undefined, { 'content-digest': digest })
  // For the sweep: an abandoned upload, an object that no row names, and the library of a purged account.
  await bucket.put('nobodys', BYTES)
  await db
    .prepare(
      `INSERT INTO files (id, user_id, name, content_type, size, object_key, created_at, updated_at) VALUES (7, ?, 'never.txt', 'text/plain', 1, 'never', 1, 1)`,
    )
    .bind(idOfHex(person.id))
    .run()
  const gone = await signedInPerson('further_gone_librarian')
  await newFile(gone.client, 'a.txt', BYTES, { folder: await newFolder(gone.client, 'Left') })
  await db.prepare("UPDATE users SET deleted_at = 1, deleted_reason = 'self' WHERE id = ?").bind(idOfHex(gone.id)).run()
  await visitEnds()
}

/** One account is restored; another is purged, with something for the sweep to remove in every table. */
async function visitEnds(): Promise<void> {
  const back = await signedInPerson('further_returning')
  await visit(back.client, 'DELETE', '/user/me', { password: back.password })
  await visit(new Client(), 'POST', '/user/login', { username: back.username, password: back.password })
  const [gone, waited, friend] = [
    await signedInPerson('further_gone'),
    await signedInPerson('further_waited'),
    await signedInPerson('further_friend'),
  ]
  await putEdge(gone, friend)
  await putEdge(friend, gone)
  await putEdge(friend, waited, false)
  await db.prepare('INSERT INTO edge_work (user_id, kind, created_at) VALUES (?, ?, 0)').bind(idOfHex(waited.id), 'accept_requests').run()
  await setColumns(gone, { deleted_at: 1, deleted_reason: 'self' })
  await signUp('further_unverified')
}

async function visitRooms(): Promise<void> {
  const robot = new Robot(await makeRobot())
  const rotated = {
    ENCRYPTION_KEYS: JSON.stringify({
      next: 'YW5vdGhlciBlbmNyeXB0aW9uIGtleSwgMzIgYnl0ZXM',
      'test-1': 'ZW5jcnlwdGlvbi1rZXktb2YtdGVzdHMtMDEyMzQ1Njc',
    }),
  }
  await visit(robot.client, 'GET', '/api', undefined, [200], rotated, await robot.headers('/api'))
  const deployment = await newDeployment()
  const full = { nickname: 'Plan', email: 'plan@example.com', mobileNumber: '1', profileUrl: 'https://example.com/', metadataKey1: 'a' }
  for (const fields of [{}, { ...full, metadataValue1: 'b' }]) {
    const body = formOf({ ...basic(deployment, 'further'), ...fields })
    await visit(new Client(), 'POST', `${BASE}/users/createUser`, body, [200], undefined, { authorization: deployment.token })
  }
  const old = bearerOf(await userToken(await signedInPerson('further_old'), ['delegated:all', 'openid']))
  const changes = { AboutMe: 'a', DisplayName: 'b', FirstName: 'c', Gender: 0, LastName: 'd', MobileNumber: '1', RelationshipStatus: 1 }
  await visit(old, 'PUT', '/mxit/user/profile', { ...changes, Title: 'e', WhereAmI: 'f' })
  await visit(old, 'POST', '/mxit/user/media/file/New+One?fileName=a.txt', BYTES)
  const member = await memberOf(await verifiedPerson('further_member'))
  const headers = { apikey: member.key ?? '', authorization: `Bearer ${member.access}` }
  const update = async (fields: Record<string, string>) =>
    visit(new Client(), 'POST', `${ROOM}/user/update/profile`, fields, [200], undefined, headers)
  await update({ email: member.person.email, first_name: 'Plan', phone_number: '+447911123456' })
  const email = 'further.newer@example.com'
  await update({ email, last_name: 'Else', ...(await proofOf(member, email)) })
}
