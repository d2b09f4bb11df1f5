/** `/account`: who is signed in, and links to all other pages. */
import { Hono } from 'hono'
import { getOwnProfile } from '../../core/profiles/own-profile.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { Isolated } from '../isolated.tsx'
import { showPage } from '../layout.tsx'
import { textsOf } from '../texts.tsx'
import { sectionGroupsOf } from './sections.ts'

export const overviewPage = new Hono<AppEnv>().get('/account', requires('delegated:profile:read'), async (c) => {
  const { user } = await getOwnProfile(c.var.ctx, c.var.gate)
  const t = await textsOf(c)
  const name = [user.givenName, user.familyName].filter(Boolean).join(' ')
  return showPage(
    c,
    {
      title: 'Your account',
      section: '/account',
      lead: (
        <>
          Signed in as <strong>{user.username}</strong>
          {name !== '' && (
            <>
              , <Isolated>{name}</Isolated>
            </>
          )}
        </>
      ),
    },
    <ul class="list">
      {sectionGroupsOf(c.var.ctx.config)
        .flatMap(({ sections }) => sections)
        .map(({ path, name }) => (
          <li class="go">
            <a href={path}>
              <span>
                <strong>{t.account.sections[name].title}</strong>
                <small>{t.account.sections[name].hint}</small>
              </span>
            </a>
          </li>
        ))}
    </ul>,
  )
})
