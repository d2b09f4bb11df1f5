/** The field for a new password. */
import { type FieldProps, Input } from './forms.tsx'
import { useTexts } from './texts.tsx'

export function NewPassword(props: Omit<FieldProps, 'name'>) {
  return <Input {...props} name="password" type="password" autocomplete="new-password" hint={useTexts().signUp.hints.password} />
}
