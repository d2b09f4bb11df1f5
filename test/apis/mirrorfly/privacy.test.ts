// The privacy matrix of the room (design §5; security rows 56, 58, 59): every kind of viewer, public and private, each field.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { png } from '../../support/images.ts'
import { db } from '../../support/kith.ts'
import { BASE, call, type Deployment, getUser, type MadeUser, madeUser, newDeployment, picture } from './harness.ts'

let ours: Deployment
let target: MadeUser
let viewer: MadeUser
const ids = { target: 0, viewer: 0 }

const SHOWN = { emailId: 'canary@example.com', mobileNumber: '99001122334455' }
const HIDDEN = { emailId: '', mobileNumber: '' }
const META = { canary: 'metadata' }

const idOf = async ({ username }: MadeUser) =>
  Number(await db.prepare('SELECT id FROM users WHERE username = ?').bind(username).first('id'))

beforeAll(async () => {
  ours = await newDeployment()
  target = await madeUser(ours, 'target', {
    nickname: 'Target',
    email: SHOWN.emailId,
    mobileNumber: SHOWN.mobileNumber,
    metadataKey1: 'canary',
    metadataValue1: META.canary,
    profileFile: picture(png()),
  })
  viewer = await madeUser(ours, 'viewer')
  ids.target = await idOf(target)
  ids.viewer = await idOf(viewer)
})

const run = (sql: string) => db.prepare(sql.replaceAll(':target', String(ids.target)).replaceAll(':viewer', String(ids.viewer))).run()
const FOLLOW = 'INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (1, :viewer, :target, 1)'
const ASK = 'INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (1, :viewer, :target, NULL)'
const BLOCK = (by: string, of: string) => `INSERT INTO blocks (id, blocker_id, blocked_id, created_at) VALUES (1, ${by}, ${of}, 1)`

beforeEach(async () => {
  await run('DELETE FROM follows')
  await run('DELETE FROM blocks')
  await run('UPDATE users SET is_private = 0')
})

type Cell = 'owner' | 'insider' | 'outsider' | 403 | 404
/** Who looks: how the two stand, with whose token, and what they see of a public and of a private account. */
const MATRIX: readonly [who: string, arrange: string | null, tokenOf: () => string, cells: readonly [Cell, Cell]][] = [
  ['the service', null, () => ours.token, ['owner', 'owner']],
  ['the service, of somebody who blocks others', BLOCK(':target', ':viewer'), () => ours.token, ['owner', 'owner']],
  ['the user', null, () => target.token, ['owner', 'owner']],
  ['a stranger', null, () => viewer.token, ['insider', 'outsider']],
  ['a follower', FOLLOW, () => viewer.token, ['insider', 'insider']],
  ['who has asked to follow', ASK, () => viewer.token, ['insider', 'outsider']],
  ['who is blocked', BLOCK(':target', ':viewer'), () => viewer.token, [404, 404]],
  ['who blocks the user', BLOCK(':viewer', ':target'), () => viewer.token, [403, 403]],
]

describe.each([0, 1] as const)('with is_private %d', (isPrivate) => {
  test.each(MATRIX)('%s', async (_who, arrange, tokenOf, cells) => {
    if (arrange !== null) await run(arrange)
    await run(`UPDATE users SET is_private = ${isPrivate} WHERE id = :target`)
    const cell = cells[isPrivate]
    const reply = await getUser(tokenOf(), 'target')
    const image = await call(tokenOf(), new URL(target.profileUrlThumb).pathname.slice(BASE.length))
    if (typeof cell === 'number') {
      expect([reply.status, image.status]).toEqual([cell, cell])
      expect(reply.text).not.toMatch(/canary|Target|user_|9900/)
      return
    }
    // Everybody who can meet the user sees name and picture, even of a private account.
    expect(image.status).toBe(200)
    expect(reply.json).toEqual({
      status: 200,
      data: {
        nickName: 'Target',
        profileUrl: target.profileUrl,
        profileUrlThumb: target.profileUrlThumb,
        ...(cell === 'owner' ? SHOWN : HIDDEN),
        username: target.username,
        userId: 'target',
      },
      metaData: cell === 'outsider' ? {} : META,
      message: 'Data retrieved successfully',
    })
  })
})

test.each(['banned_at = 1', 'deleted_at = 1'])('who is %s is nobody for the service and for others', async (state) => {
  const gone = await madeUser(ours, `gone ${state}`, { profileFile: picture(png()) })
  await db.prepare(`UPDATE users SET ${state} WHERE username = ?`).bind(gone.username).run()
  for (const token of [ours.token, viewer.token]) {
    const reply = await getUser(token, `gone ${state}`)
    expect([reply.status, reply.json]).toEqual([404, { status: 404, message: 'Not found' }])
    expect((await call(token, new URL(gone.profileUrl).pathname.slice(BASE.length))).status).toBe(404)
  }
})
