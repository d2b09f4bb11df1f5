/** Text to take along: selected by a click or, with the script, copied by a button. */
import { useTexts } from '../texts.tsx'

interface Props {
  /** Unique on the page. */
  readonly id: string
  readonly text: string
  /** What it is, for whoever hears the button's name alone. */
  readonly label: string
  /** Program text of several lines. */
  readonly isBlock?: boolean
}

export function CopiedText({ id, text, label, isBlock = false }: Props) {
  const { copy, copied } = useTexts().console.registry
  return (
    <div class="copied" translate="no">
      {isBlock ? (
        <pre tabindex={0} dir="ltr">
          <code id={id}>{text}</code>
        </pre>
      ) : (
        <code id={id} dir="ltr">
          {text}
        </code>
      )}
      <button
        type="button"
        class="secondary"
        hidden
        data-copy={id}
        data-copied={copied}
        aria-live="polite"
        aria-label={`${copy}: ${label}`}
      >
        {copy}
      </button>
    </div>
  )
}
