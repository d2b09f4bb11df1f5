// Kith's own routes as load: each subject makes a lane's next request and reads from the reply what the one after
// needs. Each is compared with the floor that does the same unavoidable work.
import { CLIENT } from './clients.ts'
import type { BenchRequest, Subject } from './load.ts'
import type { Account, Accounts } from './prepare.ts'
import { HASH_LANES_MAX, logInRequest, ORIGIN, postForm } from './prepare.ts'
import { proofOf } from './proofs.ts'
import type { Target } from './report.ts'

export interface Floors {
  hello: Subject
  read: Subject
  write: Subject
  scrypt: Subject
}

export interface KithInput {
  base: URL
  floors: Floors
  accounts: Accounts
}

// Keycloak's sizing guide per vCPU. workerd runs on one thread, so this is a rate for one core here too.
const KEYCLOAK_TOKENS_PER_SECOND = 120

export function kithPairs(input: KithInput): { subject: Subject; floor: Subject; target: Target }[] {
  const { base, floors, accounts } = input
  const lanes = floors.read.lanes
  const me = readMe(base, lanes, accounts.signedIn)
  const login = logIn(base, floors.scrypt.lanes, accounts.forLogin)
  return [
    { subject: me, floor: floors.read, target: { ratio: 0.75, p99Ms: 300 } },
    { subject: readMeProved(base, lanes, accounts.signedIn), floor: floors.read, target: { ratio: 0.6 } },
    { subject: grantClient(base, lanes), floor: floors.read, target: { perSecond: KEYCLOAK_TOKENS_PER_SECOND } },
    {
      subject: refresh(base, lanes, accounts.signedIn),
      floor: floors.write,
      target: { ratio: 0.5, perSecond: KEYCLOAK_TOKENS_PER_SECOND },
    },
    { subject: login, floor: floors.scrypt, target: { ratio: 0.9 } },
    { subject: whileHashing(me, login), floor: whileHashing(floors.read, floors.scrypt), target: { p99Ms: 1500 } },
  ]
}

/** The same load while as many hash as Kith admits: what everyone else notices when many log in at once. */
export function whileHashing(subject: Subject, hashing: Subject): Subject {
  const background = { ...hashing, lanes: HASH_LANES_MAX }
  return { ...subject, name: `${subject.name}, ${HASH_LANES_MAX} hashing`, background }
}

function readMe(base: URL, lanes: number, accounts: Account[]): Subject {
  return {
    name: 'GET /user/me',
    base,
    lanes,
    next: (lane) => {
      const headers = { authorization: `Bearer ${of(accounts, lane).accessToken}` }
      return from(lane, { method: 'GET', path: '/user/me', headers })
    },
  }
}

/** More than a lane sends in a round. */
const PROOFS_PER_ROUND = 500

/** The same with DPoP: a proof of its own for each request. */
function readMeProved(base: URL, lanes: number, accounts: Account[]): Subject {
  const request = { method: 'GET', path: '/user/me' } as const
  const prove = ({ boundToken, nonce }: Account) =>
    proofOf({ method: request.method, uri: ORIGIN + request.path, nonce, accessToken: boundToken })
  const proofs: string[][] = []
  return {
    name: 'GET /user/me with DPoP',
    base,
    lanes,
    prepare: () => {
      for (let lane = 0; lane < lanes; lane++) {
        const account = of(accounts, lane)
        proofs[lane] = Array.from({ length: PROOFS_PER_ROUND }, () => prove(account))
      }
    },
    next: (lane) => {
      const account = of(accounts, lane)
      const dpop = proofs[lane]?.pop() ?? prove(account)
      return from(lane, { ...request, headers: { authorization: `DPoP ${account.boundToken}`, dpop } })
    },
    read: (lane, { headers }) => {
      of(accounts, lane).nonce = String(headers['dpop-nonce'])
    },
  }
}

/** Full hashing cost. One account per lane, so lanes do not share an account's limits. */
function logIn(base: URL, lanes: number, accounts: Account[]): Subject {
  return {
    name: 'POST /user/login',
    base,
    lanes,
    next: (lane) => from(lane, logInRequest(of(accounts, lane))),
  }
}

/** Each lane rotates its own chain: the token of one reply goes into the next request. */
function refresh(base: URL, lanes: number, accounts: Account[]): Subject {
  return {
    name: 'refresh',
    base,
    lanes,
    next: (lane) => {
      const { refreshToken } = of(accounts, lane)
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: CLIENT.spa }
      return from(lane, postForm('/oauth/token', new URLSearchParams(form)))
    },
    read: (lane, reply) => {
      const pair = JSON.parse(reply.body) as { access_token: string; refresh_token: string }
      const account = of(accounts, lane)
      account.accessToken = pair.access_token
      account.refreshToken = pair.refresh_token
    },
  }
}

function grantClient(base: URL, lanes: number): Subject {
  const basic = Buffer.from(`${CLIENT.service}:${CLIENT.serviceSecret}`).toString('base64')
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: CLIENT.serviceScope })
  const wanted = postForm('/oauth/token', form)
  const headers = { ...wanted.headers, authorization: `Basic ${basic}` }
  return {
    name: 'client_credentials',
    base,
    lanes,
    next: (lane) => from(lane, { ...wanted, headers }),
  }
}

/** A direct socket sets no caller address (runtime.ts): each lane sends its own. */
function from(lane: number, wanted: BenchRequest): BenchRequest {
  return { ...wanted, headers: { ...wanted.headers, 'cf-connecting-ip': `198.51.100.${1 + lane}` } }
}

function of(accounts: Account[], lane: number): Account {
  const account = accounts[lane]
  if (account === undefined) throw new Error(`no account for connection ${lane}`)
  return account
}
