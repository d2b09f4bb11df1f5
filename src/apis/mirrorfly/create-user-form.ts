/** Reads the createUser form: multipart with a file, or urlencoded without one. */
import type { Context } from 'hono'
import { AppError } from '../../core/errors.ts'
import type { KeyUserInput } from '../../core/key-users/users.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { isMultipart, type OpenForm, readOpenForm } from '../../http/bodies/multipart.ts'
import { readForm } from '../../http/bodies/reading.ts'
import { judge } from '../../http/validate.ts'
import { CreateUserForm, toKeyUserInput } from './wire.ts'

const FILE = 'profileFile'
const URLENCODED = 'application/x-www-form-urlencoded'
const FIELDS = Object.keys(CreateUserForm.shape)

export async function readCreateUser(c: Context): Promise<KeyUserInput> {
  const { fields, file } = isMultipart(c.req)
    ? await readOpenForm(c.req, { file: FILE, fields: FIELDS, bytesMax: c.var.ctx.config.avatars.bytesMax })
    : await readUrlencoded(c)
  const input = toKeyUserInput(await judge('form', CreateUserForm, Object.fromEntries(fields)))
  return { ...input, picture: file }
}

async function readUrlencoded(c: Context<AppEnv>): Promise<OpenForm> {
  if (c.req.header('content-type')?.toLowerCase().startsWith(URLENCODED) !== true) {
    throw new AppError('unsupported_media_type', `Send multipart/form-data, or ${URLENCODED}`)
  }
  const values = await readForm(c)
  if (values[FILE]) throw new AppError('unsupported_media_type', 'Send the file by multipart/form-data')
  return { fields: new Map(Object.entries(values).filter(([name, value]) => FIELDS.includes(name) && value !== '')), file: null }
}
