/** Signs the one person in to the oracle, with session cookies as a browser keeps them. */
import { CALLBACK } from './clients.ts'
import { CHALLENGE, encode } from './side.ts'

export async function signInToOracle(origin: string): Promise<string> {
  const jar = new Map<string, string>()
  const go = async (url: string, method = 'GET') => {
    const reply = await fetch(new URL(url, origin), { method, headers: { cookie: toHeader(jar) }, redirect: 'manual' })
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return reply.headers.get('location') ?? ''
  }
  const request = { client_id: 'the-spa', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' }
  const page = await go(`/auth?${encode({ ...request, code_challenge: CHALLENGE, code_challenge_method: 'S256' })}`)
  const back = await go(await go(page, 'POST'))
  if (!back.includes('code=')) throw new Error(`the oracle signed nobody in: ${back}`)
  return toHeader(jar)
}

function toHeader(jar: ReadonlyMap<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}
