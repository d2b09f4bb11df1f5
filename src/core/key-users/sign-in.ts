/**
 * Signing in with credentials that Kith generated for a license key: its own account, which acts for itself, or the
 * password of one of its users (wire §6.21). Users' own passwords do not work here: there is no second step. The
 * secrets have 192 bits or more, so tries are not counted; an unknown name and a wrong password get the same answer
 * after the same work.
 */
import { equalInConstantTime, sha256 } from '../../crypto.ts'
import { countAttempt, justCounted } from '../../store/db/attempt-counters.ts'
import { both } from '../../store/db/database.ts'
import { type ExternalSignInRow, findExternalSignIn } from '../../store/db/external-identities.ts'
import { findKeyAccount, type KeyAccountRow } from '../../store/db/machine-credentials.ts'
import { isClientOpen } from '../../store/db/oauth-clients.ts'
import { sessionExists, sessionWasMade } from '../../store/db/sessions.ts'
import { isUnchanged } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { usernameKey } from '../fields.ts'
import { issueKeyToken, newKeySession } from '../machines/keys.ts'
import { touchMachineLater } from '../machines/last-use.ts'
import { issueAccessToken } from '../oauth/access-token.ts'
import { NO_SECRET_HASH } from '../oauth/client-authentication.ts'
import { ACCESS_TOKEN_SECONDS_MAX } from '../oauth/limits.ts'
import { intersectScopes, storedScopes } from '../scopes.ts'
import { recentAttempt, typedName } from '../sessions/password-attempts.ts'

/** An access token of an hour. Throws `invalid_grant`. At most 2 round trips. */
export async function signInWithKey(ctx: Ctx, { username, password }: { username: string; password: string }): Promise<string> {
  const now = ctx.now()
  const [account, person] = await ctx.db.batch([
    findKeyAccount(username, 'license_key', now),
    findExternalSignIn(usernameKey(username), now),
  ])
  const hash = sha256(password)
  const isAccount = equalInConstantTime(hash, account?.clientSecretHash ?? NO_SECRET_HASH)
  const isPerson = equalInConstantTime(hash, person?.passwordHash ?? NO_SECRET_HASH)
  if (account && isAccount) return signInAccount(ctx, account)
  if (person && isPerson) return signInPerson(ctx, person)
  // Ten per quarter of an hour: knowing a name must not allow filling somebody's history.
  const userId = person?.userId ?? null
  await ctx.db.batch([
    countAttempt(recentAttempt(ctx, typedName(ctx, usernameKey(username)))),
    audit(ctx, { type: 'sign_in_failed', userId, clientId: (person ?? account)?.clientId ?? null, condition: justCounted }),
  ])
  throw refusal()
}

function signInAccount(ctx: Ctx, account: KeyAccountRow): Promise<string> {
  touchMachineLater(ctx, account)
  return issueAccessToken(ctx, {
    clientId: account.clientId,
    scopes: intersectScopes(storedScopes(account.scopes), ['client:all']),
    lifeSeconds: ACCESS_TOKEN_SECONDS_MAX,
    holder: { clientEpoch: account.clientEpoch },
  })
}

async function signInPerson(ctx: Ctx, person: ExternalSignInRow): Promise<string> {
  const { userId, epoch } = person
  const now = ctx.now()
  const condition = both(isUnchanged(userId, epoch, now), isClientOpen(person.clientId))
  const { sessionId, writes } = newKeySession(ctx, { key: person, userId, amr: ['pwd'], refreshable: false, condition })
  const event = audit(ctx, { type: 'sign_in', userId, clientId: person.clientId, sessionId, condition: sessionWasMade(sessionId) })
  if (!(await ctx.db.commit([...writes, event], sessionExists(sessionId)))) throw refusal()
  return issueKeyToken(ctx, { key: person, userId, sessionId })
}

function refusal(): AppError {
  return new AppError('invalid_grant', 'The username or the password is wrong')
}
