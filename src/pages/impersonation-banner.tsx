/** On every page of a session in which an administrator sees somebody's account: whose it is, until when, and the way out. */
import type { Context } from 'hono'
import { LEAVE_PATH } from '../core/impersonation.ts'
import type { AppEnv } from '../http/app-env.ts'
import { FORM_TOKEN_FIELD, formToken } from './form-token.ts'
import { Isolated } from './isolated.tsx'
import { Filled, textsOf } from './texts.tsx'
import { Time } from './time.tsx'

export async function impersonationBanner(c: Context<AppEnv>) {
  const viewer = c.get('viewer')
  const impersonation = viewer?.principal.impersonation
  if (!viewer || !impersonation) return null
  const words = (await textsOf(c)).console.impersonation
  const token = await formToken(c, 'impersonation-leave')
  return (
    <section class="impersonation" aria-label={words.bannerName}>
      <p>
        <Filled
          text={impersonation.kind === 'read' ? words.banner : words.bannerWrite}
          with={{
            name: (
              <strong>
                <Isolated>{viewer.user.username}</Isolated>
              </strong>
            ),
            time: <Time at={impersonation.until} />,
          }}
        />
      </p>
      <form method="post" action={LEAVE_PATH}>
        <input type="hidden" name={FORM_TOKEN_FIELD} value={token} />
        <button type="submit" class="secondary">
          {words.leave}
        </button>
      </form>
    </section>
  )
}
