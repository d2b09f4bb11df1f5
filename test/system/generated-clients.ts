/** Programs as their authors would write them: ten operations of the room `user`, with each generator's client. */

/** `node program.js` prints the results of the operations on one line. Its environment: KITH, COOKIE, TARGET (a user's id). */
const INPUT = `
declare const process: { env: Record<string, string | undefined> }
const { KITH = '', COOKIE = '', TARGET = '' } = process.env
`

const OPENAPI_TYPESCRIPT = `
import createClient from 'openapi-fetch'
import type { paths } from './openapi-typescript'
${INPUT}
const kith = createClient<paths>({ baseUrl: KITH, headers: { cookie: COOKIE } })

function must<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error))
  return data
}

const { user } = must(await kith.GET('/user/me')).data
const changed: string | null = must(await kith.PATCH('/user/me', { body: { bio: 'By openapi-typescript' } })).data.user.bio
const found = must(await kith.POST('/user/search', { body: { query: 'bob_demo', limit: 5 } })).data.results
const follow: 'following' | 'requested' | 'duplicate' = must(await kith.POST('/user/follow', { body: { target: TARGET } })).data.status
const following = must(await kith.GET('/user/following', { params: { query: { limit: 10 } } })).data
const followed = must(await kith.GET('/user/follow-status/{userId}', { params: { path: { userId: TARGET } } })).ok
const relationships = must(await kith.POST('/user/relationships', { body: { targets: [TARGET] } })).data.records
const folder = must(await kith.POST('/user/media/folders', { body: { name: 'openapi-typescript' } })).data.folder
const quota: number = must(await kith.GET('/user/media/usage')).data.usage.limits.bytes
const unfollowed: 1 = must(await kith.POST('/user/unfollow', { body: { target: TARGET } })).ok
const refused = await kith.GET('/user/{userId}', { params: { path: { userId: '0'.repeat(24) } } })
console.log(JSON.stringify([user.username, changed, found[0]?.username, follow, following.records.length, following.hasMore, followed, relationships.length, folder.name, quota > 0, unfollowed, refused.error?.error]))
`

const HEY_API = `
import * as kith from './hey-api'
import { client } from './hey-api/client.gen'
${INPUT}
client.setConfig({ baseUrl: KITH, headers: { cookie: COOKIE } })
const must = { throwOnError: true } as const

const { user } = (await kith.getMe(must)).data.data
const changed: string | null = (await kith.updateMe({ ...must, body: { bio: 'By @hey-api/openapi-ts' } })).data.data.user.bio
const found = (await kith.searchUsers({ ...must, body: { query: 'bob_demo', limit: 5 } })).data.data.results
const follow: 'following' | 'requested' | 'duplicate' = (await kith.followUser({ ...must, body: { target: TARGET } })).data.data.status
const following = (await kith.listFollowing({ ...must, query: { limit: 10 } })).data.data
const followed = (await kith.getFollowStatus({ ...must, path: { userId: TARGET } })).data.ok
const relationships = (await kith.listRelationships({ ...must, body: { targets: [TARGET] } })).data.data.records
const folder = (await kith.createFolder({ ...must, body: { name: 'hey-api' } })).data.data.folder
const quota: number = (await kith.getMediaUsage(must)).data.data.usage.limits.bytes
const unfollowed: 1 = (await kith.unfollowUser({ ...must, body: { target: TARGET } })).data.ok
const refused = await kith.getUser({ path: { userId: '0'.repeat(24) } })
console.log(JSON.stringify([user.username, changed, found[0]?.username, follow, following.records.length, following.hasMore, followed, relationships.length, folder.name, quota > 0, unfollowed, refused.error?.error]))
`

const ORVAL = `
import * as kith from './orval'
${INPUT}
const own = { headers: { cookie: COOKIE } }

/** What the operation returns when it succeeds. */
type Success<Reply> = Extract<Reply, { status: 200 | 201 }> extends { data: infer Data } ? Data : never
function must<Reply extends { status: number; data: unknown }>(reply: Reply): Success<Reply> {
  if (reply.status >= 300) throw new Error(JSON.stringify(reply.data))
  return reply.data as Success<Reply>
}

const { user } = must(await kith.getMe(own)).data
const changed: string | null = must(await kith.updateMe({ bio: 'By orval' }, own)).data.user.bio
const found = must(await kith.searchUsers({ query: 'bob_demo', limit: 5 }, own)).data.results
const follow: 'following' | 'requested' | 'duplicate' = must(await kith.followUser({ target: TARGET }, own)).data.status
const following = must(await kith.listFollowing({ limit: 10 }, own)).data
const followed = must(await kith.getFollowStatus(TARGET, own)).ok
const relationships = must(await kith.listRelationships({ targets: [TARGET] }, own)).data.records
const folder = must(await kith.createFolder({ name: 'orval' }, own)).data.folder
const quota: number = must(await kith.getMediaUsage(own)).data.usage.limits.bytes
const unfollowed: 1 = must(await kith.unfollowUser({ target: TARGET }, own)).ok
const refused = await kith.getUser('0'.repeat(24), own)
console.log(JSON.stringify([user.username, changed, found[0]?.username, follow, following.records.length, following.hasMore, followed, relationships.length, folder.name, quota > 0, unfollowed, refused.status === 404 ? refused.data.error : null]))
`

export interface Generator {
  readonly bin: string
  readonly args: readonly string[]
  readonly program: string
  /** What the program writes about itself: the bio, the folder. */
  readonly says: readonly [bio: string, folder: string]
}

/** By name; each reads `user.json` in its folder, and orval also its settings. */
export const GENERATORS: Readonly<Record<string, Generator>> = {
  'openapi-typescript': {
    bin: 'openapi-typescript/bin/cli.js',
    args: ['user.json', '-o', 'openapi-typescript.ts'],
    program: OPENAPI_TYPESCRIPT,
    says: ['By openapi-typescript', 'openapi-typescript'],
  },
  'hey-api': {
    bin: '@hey-api/openapi-ts/bin/run.js',
    args: ['-i', 'user.json', '-o', 'hey-api', '-c', '@hey-api/client-fetch', '--silent'],
    program: HEY_API,
    says: ['By @hey-api/openapi-ts', 'hey-api'],
  },
  orval: { bin: 'orval/dist/bin/orval.mjs', args: ['--config', './orval.config.cjs'], program: ORVAL, says: ['By orval', 'orval'] },
}
