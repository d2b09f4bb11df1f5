/** `/account/invites`: the invite codes that a user may give away. */
import { Hono } from 'hono'
import { listOwnInviteCodes } from '../../core/accounts/invite-codes.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { showPage } from '../layout.tsx'

const PATH = '/account/invites'

export const inviteCodesPage = new Hono<AppEnv>().get(PATH, requires('delegated:social:invite-code:read'), async (c) => {
  const codes = await listOwnInviteCodes(c.var.ctx, c.var.gate)
  const { origin, invites } = c.var.ctx.config
  const { only } = invites
  return showPage(
    c,
    {
      title: 'Invite codes',
      section: PATH,
      lead: only
        ? 'Each code is good for one new account. Give them to people you trust.'
        : 'Each code is good for one new account, and shows that you invited it.',
    },
    codes.length === 0 ? (
      <p>You have no codes.</p>
    ) : (
      <ul class="list">
        {codes.map(({ code, usedBy }) => (
          <li>
            <span class={usedBy === null ? 'mono' : 'mono used'}>{code}</span>
            <span>{usedBy === null ? <a href={`${origin}/sign-up?invite_code=${code}`}>Link to give away</a> : 'Used'}</span>
          </li>
        ))}
      </ul>
    ),
  )
})
