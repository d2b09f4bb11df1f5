/** Keys of clients, as the operator's command finds them: public keys in a file, and the deployment's ENCRYPTION_KEYS. */
import { readFileSync } from 'node:fs'
import type { PlanCtx } from '../../src/core/oauth/client-plans.ts'
import { readDigestSettings } from '../digest-settings.ts'
import { Refusal } from '../local.ts'
import { readSettings } from '../settings.ts'

export function readKeys(path: string | undefined): unknown {
  if (path === undefined) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Refusal(`--jwks: ${path} cannot be read as JSON: ${(error as Error).message}`)
  }
}

/** Only the secret of client_secret_jwt is encrypted. */
export function planCtx(now: number, remote: boolean): PlanCtx {
  return {
    now,
    keys: () => {
      if (remote)
        throw new Refusal(`The secret of client_secret_jwt is kept under ENCRYPTION_KEYS, which cannot be read back from a deployment.
Register the client there through the admin API, as a super_admin who has just signed in: POST /client/admin-api/create
(docs/deploy.md, "Machine clients", shows how to sign in), or use private_key_jwt.`)
      const { encryptionKeys } = readDigestSettings(false)
      if (encryptionKeys === null) throw new Refusal('ENCRYPTION_KEYS is not in .dev.vars; npm start adds it')
      return encryptionKeys
    },
    hasPairwiseKey: () => {
      if (remote)
        throw new Refusal(`Whether the deployment has a PAIRWISE_KEY cannot be read from here. Register the client through the admin API,
as a super_admin who has just signed in: POST /client/admin-api/create (docs/deploy.md, "Machine clients", shows how to sign in).`)
      return Boolean(readSettings(false).PAIRWISE_KEY)
    },
  }
}
