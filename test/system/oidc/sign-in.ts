/** Signs the one person in to the oracle, for a client of theirs. */
import { CALLBACK } from './clients.ts'
import { CHALLENGE, encode } from './side.ts'
import { Visitor } from './visitor.ts'

export async function signInToOracle(origin: string, client_id = 'the-spa'): Promise<Visitor> {
  const visitor = new Visitor(origin)
  const request = { client_id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' }
  const page = await visitor.go(`/auth?${encode({ ...request, code_challenge: CHALLENGE, code_challenge_method: 'S256' })}`)
  const answered = await visitor.go(page.location, { method: 'POST' })
  const back = await visitor.go(answered.location)
  if (!back.location.includes('code=')) throw new Error(`the oracle signed nobody in: ${back.location}`)
  return visitor
}
