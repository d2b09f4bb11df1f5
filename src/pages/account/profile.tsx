/** `/account/profile`: edits the profile fields in `EDITABLE_FIELDS`. An empty field is cleared. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { ProfileField } from '../../config.ts'
import * as fields from '../../core/fields.ts'
import { getOwnProfile, type OwnProfile, updateOwnProfile } from '../../core/profiles/own-profile.ts'
import { profileValue } from '../../core/profiles/profile-changes.ts'
import type { UserRow } from '../../core/profiles/proved-update.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { withoutShown } from '../../http/doubts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Select, Submit, TextArea, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { optionalText } from '../optional-text.ts'
import { textsOf } from '../texts.tsx'
import { type Choice, choicesOf, languages } from './regional-choices.ts'

const PATH = '/account/profile'
/** The field is absent if it may not be edited. */
const clearable = (atom: z.ZodType<string>) => optionalText(atom).optional()
const needed = <T extends z.ZodType<string, string>>(atom: T) => z.string().trim().pipe(atom).optional()

const ProfileForm = z.object({
  givenName: needed(fields.personName),
  middleName: clearable(fields.personName),
  familyName: needed(fields.personName),
  username: needed(fields.username),
  pronouns: clearable(fields.pronouns),
  gender: clearable(fields.gender),
  bio: clearable(fields.bio),
  designation: clearable(fields.designation),
  organization: clearable(fields.organization),
  customLink: clearable(fields.customLink),
  birthdate: clearable(fields.birthdate),
  country: clearable(fields.country),
  phoneCountryCode: clearable(fields.phoneCountryCode),
  phone: clearable(fields.phone),
  locale: clearable(fields.locale),
  zoneinfo: clearable(fields.zoneinfo),
  currency: clearable(fields.currency),
})

const NAMES = Object.keys(ProfileForm.omit({ username: true }).shape) as Exclude<ProfileField, 'username'>[]

/** The profile as the form shows it; values sent back unchanged are accepted. */
const shownOf = (user: UserRow) => Object.fromEntries(NAMES.map((name) => [name, profileValue(user, name) ?? '']))

export const profilePage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), async (c) => show(c, await getOwnProfile(c.var.ctx, c.var.gate), UNTOUCHED))
  .post(PATH, requires('delegated:profile:write'), form('profile', ProfileForm, NAMES), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ username = null, ...values }) => {
        const sent = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, string | null>
        const nothing = { email: null, password: null, currentPassword: null }
        const judged = (user: UserRow | null) => withoutShown(sent, c.var.sent, user && shownOf(user))
        await updateOwnProfile(c.var.ctx, c.var.gate, { ...nothing, fields: judged, username })
        return redirectWith(c, PATH, 'saved')
      },
      again: async (state) => show(c, await getOwnProfile(c.var.ctx, c.var.gate), state),
    }),
  )

async function show(c: Context, { user, editableFields }: OwnProfile, state: FormState): Promise<Response> {
  const all = await textsOf(c)
  const { notSet, profile: t } = all.account
  const { labels, groups, hints } = t
  const may = (...names: ProfileField[]) => names.some((name) => editableFields.includes(name))
  const text = (name: keyof typeof labels, rest: Partial<Parameters<typeof Input>[0]> = {}) =>
    may(name) && <Input name={name} labels={labels} state={state} value={profileValue(user, name)} optional="unmarked" {...rest} />
  const select = (name: keyof typeof labels, choices: Choice[], hint?: string) =>
    may(name) && (
      <Select
        name={name}
        labels={labels}
        state={state}
        value={profileValue(user, name)}
        choices={choices}
        optional="unmarked"
        {...(hint === undefined ? {} : { hint })}
      />
    )
  const token = await formToken(c, 'profile')
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead, error: state.error },
    <Form action={PATH} token={token} state={state} labels={labels} class="panel">
      {may('givenName', 'middleName', 'familyName', 'username') && (
        <fieldset>
          <legend>{groups.name}</legend>
          <div class="pair">
            {text('givenName', { optional: false, autocomplete: 'given-name' })}
            {text('familyName', { optional: false, autocomplete: 'family-name' })}
          </div>
          {text('middleName', { autocomplete: 'additional-name' })}
          {text('username', { optional: false, autocomplete: 'username', maxlength: 30, hint: hints.username })}
        </fieldset>
      )}
      {may('pronouns', 'gender', 'bio', 'designation', 'organization', 'customLink', 'birthdate') && (
        <fieldset>
          <legend>{groups.about}</legend>
          {may('bio') && (
            <TextArea name="bio" labels={labels} state={state} value={user.bio} rows={4} hint={hints.bio} optional="unmarked" />
          )}
          <div class="pair">
            {text('pronouns', { maxlength: 24 })}
            {text('gender', { autocomplete: 'sex', maxlength: 128 })}
          </div>
          <div class="pair">
            {text('designation', { autocomplete: 'organization-title', maxlength: 128 })}
            {text('organization', { autocomplete: 'organization', maxlength: 128 })}
          </div>
          {text('birthdate', { type: 'date', autocomplete: 'bday', hint: hints.birthdate })}
          {text('customLink', { type: 'url', autocomplete: 'url', maxlength: 256, hint: hints.customLink })}
        </fieldset>
      )}
      {may('phone', 'phoneCountryCode') && (
        <fieldset>
          <legend>{groups.phone}</legend>
          <div class="pair phone">
            {text('phoneCountryCode', { type: 'tel', autocomplete: 'tel-country-code', maxlength: 5 })}
            {text('phone', { type: 'tel', autocomplete: 'tel-national', maxlength: 15 })}
          </div>
        </fieldset>
      )}
      {may('country', 'locale', 'zoneinfo', 'currency') && (
        <fieldset>
          <legend>{groups.region}</legend>
          {select('locale', languages(all, user.locale), hints.locale)}
          {select('zoneinfo', [['', notSet], ...choicesOf(all, 'timeZone', user.zoneinfo)])}
          <div class="pair">
            {select('country', [['', notSet], ...choicesOf(all, 'country', user.countryCode)])}
            {select('currency', [['', notSet], ...choicesOf(all, 'currency', user.currency)])}
          </div>
        </fieldset>
      )}
      <Submit>{t.submit}</Submit>
    </Form>,
  )
}
