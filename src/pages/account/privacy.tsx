/** `/account/privacy`: whether everyone may follow at once, or has to ask. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { User } from '../../core/accounts/user.ts'
import { getOwnProfile } from '../../core/profiles/own-profile.ts'
import { setPrivacy } from '../../core/social/privacy.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { textsOf } from '../texts.tsx'

const PATH = '/account/privacy'
const CHOICES = ['public', 'private'] as const
const PrivacyForm = z.object({ visibility: z.enum(CHOICES, 'must be one of the two') })

export const privacyPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), async (c) => show(c, (await getOwnProfile(c.var.ctx, c.var.gate)).user, UNTOUCHED))
  .post(PATH, requires('delegated:profile:write', { evenRestricted: true }), form('privacy', PrivacyForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ visibility }) => {
        await setPrivacy(c.var.ctx, c.var.gate, visibility === 'private')
        return redirectWith(c, PATH, 'saved')
      },
      again: async (state) => show(c, (await getOwnProfile(c.var.ctx, c.var.gate)).user, state),
    }),
  )

async function show(c: Context, user: User, state: FormState): Promise<Response> {
  const present = user.isPrivate === 1 ? 'private' : 'public'
  const t = (await textsOf(c)).account.privacy
  const token = await formToken(c, 'privacy')
  return showPage(
    c,
    { title: t.title, section: PATH, error: state.error },
    <Form action={PATH} token={token} state={state} labels={t.labels} class="panel">
      <fieldset>
        <legend>{t.labels.visibility}</legend>
        <div class="choices">
          {CHOICES.map((value, index) => (
            <label class="choice">
              <input
                type="radio"
                name="visibility"
                value={value}
                checked={value === present}
                required
                {...(index === 0 ? { id: 'visibility' } : {})}
              />
              <span>{t[value].title}</span>
              <small>{t[value].hint}</small>
            </label>
          ))}
        </div>
      </fieldset>
      <Submit>{t.submit}</Submit>
    </Form>,
  )
}
