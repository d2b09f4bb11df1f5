/** A check box with its words. */
import type { Child } from 'hono/jsx'

interface Props {
  readonly name: string
  readonly isOn: boolean
  readonly children: Child
  readonly hint?: Child
}

export function CheckBox({ name, isOn, children, hint }: Props) {
  return (
    <label class="check">
      <input type="checkbox" id={name.replaceAll(' ', '-')} name={name} value="on" checked={isOn} />
      <span>
        {children}
        {hint !== undefined && <small>{hint}</small>}
      </span>
    </label>
  )
}
