/** An authenticator app for tests, and people who have one: enrolled over HTTP, like any user. */
import { Secret, TOTP } from 'otpauth'
import { newName } from './actors.ts'
import { type Client, newestCode } from './kith.ts'
import { type Person, signedInPerson } from './people.ts'

export const STEP_MS = 30_000

/** What the app shows `steps` steps from now. */
export function codeOf(secret: string, steps = 0): string {
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: Date.now() + steps * STEP_MS })
}

/** Six digits that the app shows at no step around now. */
export function wrongCodeOf(secret: string): string {
  const right = [-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps))
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code)) ?? ''
}

export interface AppPerson extends Person {
  readonly secret: string
  readonly recoveryCodes: readonly string[]
}

/** Enrols an app; the session of `client` must be allowed to. */
export async function enrol(client: Client): Promise<{ secret: string; recoveryCodes: readonly string[] }> {
  const begun = await client.post('/user/2fa/totp')
  if (begun.status !== 200) throw new Error(`no secret: ${begun.status} ${begun.text}`)
  const { secret } = begun.json.data
  const confirmed = await client.post('/user/2fa/totp/confirm', { code: codeOf(secret) })
  if (confirmed.status !== 200) throw new Error(`not confirmed: ${confirmed.status} ${confirmed.text}`)
  return { secret, recoveryCodes: confirmed.json.data.recoveryCodes }
}

/** Signed in with the password, with an authenticator app on. The current step is used up: sign in with the next one's code. */
export async function personWithApp(prefix: string): Promise<AppPerson> {
  const person = await signedInPerson(newName(prefix))
  return { ...person, ...(await enrol(person.client)) }
}

/** The code of the newest mail, for somebody with codes by email. */
export const mailedCode = (person: Person) => newestCode(person.email)
