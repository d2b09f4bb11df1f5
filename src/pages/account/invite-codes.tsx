/** `/account/invites`: the invite codes that a user may give away. */
import { Hono } from 'hono'
import { listOwnInviteCodes } from '../../core/accounts/invite-codes.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { showPage } from '../layout.tsx'
import { textsOf } from '../texts.tsx'

const PATH = '/account/invites'

export const inviteCodesPage = new Hono<AppEnv>().get(PATH, requires('delegated:social:invite-code:read'), async (c) => {
  const codes = await listOwnInviteCodes(c.var.ctx, c.var.gate)
  const { origin, invites } = c.var.ctx.config
  const t = (await textsOf(c)).account.invites
  return showPage(
    c,
    { title: t.title, section: PATH, lead: invites.only ? t.leadOnly : t.lead },
    codes.length === 0 ? (
      <p class="empty">{t.none}</p>
    ) : (
      <ul class="list">
        {codes.map(({ code, usedBy }) => (
          <li>
            <span class={usedBy === null ? 'mono' : 'mono used'}>{code}</span>
            <span>{usedBy === null ? <a href={`${origin}/sign-up?invite_code=${code}`}>{t.link}</a> : t.used}</span>
          </li>
        ))}
      </ul>
    ),
  )
})
