/** `/account/picture`: shows the picture as others see it, replaces or removes it. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { User } from '../../core/accounts/user.ts'
import { AppError } from '../../core/errors.ts'
import { avatarUrl } from '../../core/media/avatar-urls.ts'
import { deleteAvatar, setAvatar } from '../../core/media/avatars.ts'
import { getOwnProfile } from '../../core/profiles/own-profile.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { bytes, fill, type Texts } from '../../texts/texts.ts'
import { pictureUrl } from '../face.tsx'
import { fileForm, form, formToken } from '../form-token.ts'
import { FileInput, Form, type FormState, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { textsOf } from '../texts.tsx'

const PATH = '/account/picture'
const REMOVE = `${PATH}/remove`
/** Without HEIC, phones send a JPEG instead. */
const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif']

export const picturePages = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), async (c) => show(c, (await getOwnProfile(c.var.ctx, c.var.gate)).user, UNTOUCHED))
  .post(
    PATH,
    requires('delegated:profile:avatar:write'),
    fileForm('picture', 'picture', { types: TYPES, bytesMax: ({ avatars }) => avatars.bytesMax }),
    (c) =>
      take(c, c.var.submitted, {
        act: async (file) => {
          await setAvatar(c.var.ctx, c.var.gate, async () => file)
          return redirectWith(c, PATH, 'picture_set')
        },
        mends: ['payload_too_large', 'invalid_file'],
        again: async (state) => {
          const { user } = await getOwnProfile(c.var.ctx, c.var.gate)
          return show(c, user, { ...state, error: state.error && inWords(c, await textsOf(c), state.error) })
        },
      }),
  )
  .get(REMOVE, requires('delegated:profile:read'), async (c) => {
    await c.var.gate()
    return c.redirect(PATH, 303)
  })
  .post(REMOVE, requires('delegated:profile:avatar:write'), form('picture-remove', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        await deleteAvatar(c.var.ctx, c.var.gate)
        return redirectWith(c, PATH, 'picture_removed')
      },
      again: async (state) => show(c, (await getOwnProfile(c.var.ctx, c.var.gate)).user, state),
    }),
  )

/** Turns a refusal of the picture into an issue of its field. The core says in detail what is wrong with a file, for programs. */
function inWords(c: Context, t: Texts, error: AppError): AppError {
  const { problems } = t.account.picture
  const about = (message: string) => AppError.ofFields([{ path: 'picture', code: 'worded', message }])
  if (error.code === 'payload_too_large') return about(fill(problems.tooLarge, { size: sizeMax(c, t) }))
  if (error.code !== 'invalid_file') return error
  const [, width, height] = /(\d+) x (\d+) pixels/.exec(error.message) ?? []
  if (width !== undefined && height !== undefined) return about(fill(problems.tooManyPixels, { width, height }))
  if (error.message.includes('not a JPEG')) return about(problems.noPicture)
  return about(error.message.includes('as a JPEG') ? problems.sendJpeg : problems.damaged)
}

const sizeMax = (c: Context, t: Texts) => bytes(t, c.var.ctx.config.avatars.bytesMax)

async function show(c: Context, user: User, state: FormState): Promise<Response> {
  const all = await textsOf(c)
  const t = all.account.picture
  const tokens = [await formToken(c, 'picture'), await formToken(c, 'picture-remove')] as const
  const url = avatarUrl(c.var.ctx, user.avatarKey)
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead, error: state.error },
    <section class="panel picture-panel">
      <img class="picture" src={pictureUrl(c.var.ctx, user, 512)} alt={url === null ? t.altInitials : t.alt} width="160" height="160" />
      <div>
        <Form action={PATH} token={tokens[0]} state={state} labels={t.labels} hasFile>
          <FileInput
            name="picture"
            labels={t.labels}
            state={state}
            accept={TYPES.join(',')}
            hint={fill(t.hint, { size: sizeMax(c, all) })}
          />
          <Submit>{url === null ? t.upload : t.replace}</Submit>
        </Form>
        {url !== null && (
          <Form action={REMOVE} token={tokens[1]} class="below">
            <Submit kind="secondary">{t.remove}</Submit>
          </Form>
        )}
      </div>
    </section>,
  )
}
