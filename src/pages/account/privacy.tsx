/** `/account/privacy`: whether everyone may follow at once, or has to ask. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { User } from '../../core/accounts/user.ts'
import { getOwnProfile } from '../../core/profiles/own-profile.ts'
import { setPrivacy } from '../../core/social/privacy.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, type Labels, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'

const PATH = '/account/privacy'
const LABELS: Labels = { visibility: 'Who may follow you' }
const PrivacyForm = z.object({ visibility: z.enum(['public', 'private'], 'must be one of the two') })
const CHOICES = [
  ['public', 'Everyone', 'Anyone may follow you and see your profile. Pending requests are accepted.'],
  ['private', 'Only people you accept', 'People ask to follow you. Everyone else sees your name and picture.'],
] as const

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
  const token = await formToken(c, 'privacy')
  return showPage(
    c,
    { title: 'Privacy', section: PATH, error: state.error },
    <Form action={PATH} token={token} state={state} labels={LABELS} class="panel">
      <fieldset>
        <legend>{LABELS.visibility}</legend>
        <div class="choices">
          {CHOICES.map(([value, title, hint], index) => (
            <label class="choice">
              <input
                type="radio"
                name="visibility"
                value={value}
                checked={value === present}
                required
                {...(index === 0 ? { id: 'visibility' } : {})}
              />
              <span>{title}</span>
              <small>{hint}</small>
            </label>
          ))}
        </div>
      </fieldset>
      <Submit>Save</Submit>
    </Form>,
  )
}
