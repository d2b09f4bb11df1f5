/** `/account/invites`: the invite codes that a user may give away. */
import { Hono } from 'hono'
import { type InviteCode, readOwnInviteCodes } from '../../core/accounts/invite-codes.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { showPage } from '../layout.tsx'
import { Filled, textsOf, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'

const PATH = '/account/invites'
/** Times are shown to the minute. */
const MINUTE_MS = 60_000

export const inviteCodesPage = new Hono<AppEnv>().get(PATH, requires('delegated:social:invite-code:read'), async (c) => {
  const own = await readOwnInviteCodes(c.var.ctx, c.var.gate)
  const { origin, invites } = c.var.ctx.config
  const t = (await textsOf(c)).account.invites
  return showPage(
    c,
    { title: t.title, section: PATH, lead: invites.only ? t.leadOnly : t.lead },
    own.hiddenUntil === null ? <Codes codes={own.codes} origin={origin} /> : <TooNew until={own.hiddenUntil} />,
  )
})

function TooNew({ until }: { until: number }) {
  return (
    <p class="empty">
      <Filled text={useTexts().account.invites.tooNew} with={{ time: <Time at={Math.ceil(until / MINUTE_MS) * MINUTE_MS} /> }} />
    </p>
  )
}

function Codes({ codes, origin }: { codes: readonly InviteCode[]; origin: string }) {
  const t = useTexts().account.invites
  if (codes.length === 0) return <p class="empty">{t.none}</p>
  return (
    <ul class="list">
      {codes.map(({ code, usedBy, revokedAt }) => {
        const isOpen = usedBy === null && revokedAt === null
        return (
          <li>
            <span class={isOpen ? 'mono' : 'mono used'}>{code}</span>
            <span>{isOpen ? <a href={`${origin}/sign-up?invite_code=${code}`}>{t.link}</a> : revokedAt === null ? t.used : t.revoked}</span>
          </li>
        )
      })}
    </ul>
  )
}
