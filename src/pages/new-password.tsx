/** The field for a new password. */
import type { Context } from 'hono'
import type { Ctx } from '../core/ctx.ts'
import { fill } from '../texts/texts.ts'
import { type FieldProps, Input } from './forms.tsx'
import { useTexts } from './texts.tsx'

/** `c`: for what the operator demands. */
export function NewPassword({ c, ...props }: Omit<FieldProps, 'name'> & { c: Context }) {
  const { passwordLengthMin: min } = (c.var.ctx as Ctx).config.signUp
  const hint = fill(useTexts().signUp.hints.password, { min })
  return <Input {...props} name="password" type="password" autocomplete="new-password" hint={hint} />
}
