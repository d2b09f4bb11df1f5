/** Visits to the media library: what is stored, what is refused at each step, and what the sweep finds. */
import { Client, db } from '../support/kith.ts'
import { bucket, bytesOf, idOfHex, newFile, newFolder, sha256 } from '../support/media.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { visit } from './visits.ts'

const FILES = '/user/media/files'
const BYTES = bytesOf('of a plan')

export async function visitMedia(): Promise<void> {
  const person = await signedInPerson('plan_librarian')
  const { client } = person
  const made = await visit(client, 'POST', '/user/media/folders', { name: 'Plans' })
  const folder = made.json.data.folder._id
  await visit(client, 'POST', '/user/media/folders', { name: 'Plans' }, [409])
  await visit(client, 'POST', '/user/media/folders', { name: 'More' }, [403], { MEDIA_FOLDERS_PER_USER: '1' })
  await visit(client, 'PATCH', `/user/media/folders/${folder}`, { name: 'Old plans' })
  await visit(client, 'GET', '/user/media/folders')
  await visitUploads(client, folder)
  await visitOne(client, folder)
  await visit(client, 'DELETE', `/user/media/folders/${folder}`)
  await visit(client, 'GET', '/user/media/usage')
  await leaveForTheSweep(person)
}

async function visitUploads(client: Client, folder: string): Promise<void> {
  for (const place of ['', `&folder=${folder}`]) await visit(client, 'POST', `${FILES}?name=plan.txt${place}`, BYTES)
  await visit(client, 'POST', `${FILES}?name=plan.txt&folder=${'f'.repeat(24)}`, BYTES, [404])
  await visit(client, 'POST', `${FILES}?name=plan.txt`, BYTES, [403], { MEDIA_FILES_PER_USER: '1' })
  const form = new FormData()
  form.set('file', new File([BYTES], 'plan.txt'))
  await visit(client, 'POST', FILES, form)
  for (const list of ['', `?folder=${folder}`, '?folder=default']) {
    await visit(client, 'GET', FILES + list)
    await visit(client, 'GET', `${FILES}${list}${list === '' ? '?' : '&'}limit=1&offset=${'0'.repeat(12)}f${'0'.repeat(11)}`)
  }
}

async function visitOne(client: Client, folder: string): Promise<void> {
  const file = await newFile(client)
  const path = `${FILES}/${file}`
  await visit(client, 'GET', path)
  for (const change of [
    { name: 'b.txt' },
    { folder },
    { folder: 'default' },
    { preventShare: true },
    { name: 'c.txt', folder, preventShare: false },
  ]) {
    await visit(client, 'PATCH', path, change)
  }
  await visit(client, 'GET', `${path}/content`)
  const link = await visit(client, 'POST', `${path}/links`, {})
  const url = new URL(link.json.data.link.url)
  await visit(new Client(), 'GET', url.pathname + url.search)
  await visit(client, 'DELETE', `${path}/links`)
  await visit(new Client(), 'GET', url.pathname + url.search, undefined, [403])
  await visit(client, 'DELETE', path)
  // Bytes that are not what they were said to be: the reservation is given up.
  const lying = await client.fetch(`${FILES}?name=lie.txt`, {
    method: 'POST',
    body: BYTES,
    headers: { 'content-digest': `sha-256=:${Buffer.from(sha256(bytesOf('else')), 'hex').toString('base64')}:` },
  })
  if (lying.status !== 400) throw new Error(`a lie was taken: ${lying.status} ${lying.text}`)
}

/** An upload that never ended, an object that no row names, and a library of somebody who is gone. */
async function leaveForTheSweep(person: Person): Promise<void> {
  await newFile(person.client)
  await bucket.put('nobodys', BYTES)
  await db
    .prepare(
      `INSERT INTO files (id, user_id, name, content_type, size, object_key, created_at, updated_at) VALUES (7, ?, 'never.txt', 'text/plain', 1, 'never', 1, 1)`,
    )
    .bind(idOfHex(person.id))
    .run()
  const gone = await signedInPerson('plan_gone_librarian')
  await newFile(gone.client, 'a.txt', BYTES, { folder: await newFolder(gone.client, 'Left') })
  await db.prepare("UPDATE users SET deleted_at = 1, deleted_reason = 'self' WHERE id = ?").bind(idOfHex(gone.id)).run()
}
