/** The field for a new password. */
import { type FieldProps, Input } from './forms.tsx'

export function NewPassword(props: Omit<FieldProps, 'name'>) {
  const hint = 'At least 8 characters. A few words in a row are easy to remember.'
  return <Input {...props} name="password" type="password" autocomplete="new-password" hint={hint} />
}
