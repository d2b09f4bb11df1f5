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
import { pictureUrl } from '../face.tsx'
import { fileForm, form, formToken } from '../form-token.ts'
import { FileInput, Form, type FormState, type Labels, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'

const PATH = '/account/picture'
const REMOVE = `${PATH}/remove`
const LABELS: Labels = { picture: 'Picture' }
/** Without HEIC, phones send a JPEG instead. */
const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif']
const MEGABYTE = 1024 * 1024

export const picturePages = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), async (c) => show(c, (await getOwnProfile(c.var.ctx, c.var.gate)).user, UNTOUCHED))
  .post(
    PATH,
    requires('delegated:profile:avatar:write'),
    fileForm('picture', 'picture', { types: TYPES, bytesMax: ({ avatars }) => avatars.bytesMax }),
    (c) =>
      take(c, tooLargeIsMendable(c, c.var.submitted), {
        act: async (file) => {
          await setAvatar(c.var.ctx, c.var.gate, async () => file).catch((thrown: unknown) => {
            throw inWords(c, thrown)
          })
          return redirectWith(c, PATH, 'picture_set')
        },
        again: async (state) => show(c, (await getOwnProfile(c.var.ctx, c.var.gate)).user, state),
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

/** Turns a refusal of the picture into an issue of its field. */
function inWords(c: Context, thrown: unknown): unknown {
  if (!(thrown instanceof AppError)) return thrown
  if (thrown.code === 'payload_too_large') return aboutPicture(`must have at most ${megabytes(c)} MB. Choose a smaller one`)
  if (thrown.code !== 'invalid_file') return thrown
  return aboutPicture(`cannot be used: ${thrown.message.charAt(0).toLowerCase()}${thrown.message.slice(1)}. Choose another one`)
}

function aboutPicture(message: string): AppError {
  return AppError.ofFields([{ path: 'picture', code: 'worded', message: `Picture ${message}.` }])
}

function tooLargeIsMendable<T extends { error: AppError | null }>(c: Context, sent: T): T {
  return sent.error === null ? sent : { ...sent, error: inWords(c, sent.error) }
}

const megabytes = (c: Context) => Math.floor((c.var.ctx.config.avatars.bytesMax / MEGABYTE) * 10) / 10

async function show(c: Context, user: User, state: FormState): Promise<Response> {
  const tokens = [await formToken(c, 'picture'), await formToken(c, 'picture-remove')] as const
  const url = avatarUrl(c.var.ctx, user.avatarKey)
  return showPage(
    c,
    {
      title: 'Picture',
      section: PATH,
      lead: 'Others see it next to your name.',
      error: state.error,
    },
    <section class="panel picture-panel">
      <img
        class="picture"
        src={pictureUrl(c.var.ctx, user, 512)}
        alt={url === null ? 'Your initials: you have no picture' : 'Your picture'}
        width="160"
        height="160"
      />
      <div>
        <Form action={PATH} token={tokens[0]} state={state} labels={LABELS} hasFile>
          <FileInput
            name="picture"
            labels={LABELS}
            state={state}
            accept={TYPES.join(',')}
            hint={`JPEG, PNG, WebP or GIF, up to ${megabytes(c)} MB. It is cut to a square; where and when it was taken is removed.`}
          />
          <Submit>{url === null ? 'Upload' : 'Replace'}</Submit>
        </Form>
        {url !== null && (
          <Form action={REMOVE} token={tokens[1]} class="below">
            <Submit kind="secondary">Remove picture</Submit>
          </Form>
        )}
      </div>
    </section>,
  )
}
