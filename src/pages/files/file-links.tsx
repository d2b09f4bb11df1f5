/** The part of a file's page about links: making one, the link just made, ending all of them. */
import type { MediaFile } from '../../core/media/files.ts'
import type { FileLink } from '../../core/media/links.ts'
import { plural } from '../../texts/texts.ts'
import { CopiedText } from '../console/copied-text.tsx'
import { Form, type FormState, Select, Submit } from '../forms.tsx'
import { Filled, useTexts } from '../texts.tsx'
import { Time } from '../time.tsx'
import { LINK_SECONDS, pathOfFile } from './fields.ts'

interface LinkPanelProps {
  readonly file: MediaFile
  /** For a new link, and for the end of all. */
  readonly tokens: readonly [make: string, end: string]
  readonly state: FormState
  readonly made: FileLink | undefined
  readonly mayEnd: boolean
}

export function LinkPanel({ file, tokens, state, made, mayEnd }: LinkPanelProps) {
  const t = useTexts()
  const { link } = t.files
  const labels = { lasts: link.lasts }
  const path = `${pathOfFile(file.id)}/link`
  const choices = LINK_SECONDS.map((seconds): [string, string] => [String(seconds), plural(t, link.minutes, seconds / 60)])
  return (
    <section class="panel" id="link">
      <h2>{link.title}</h2>
      <p>{link.lead}</p>
      {made && (
        <div class="made-link" tabindex={-1} autofocus>
          <h3>{link.made}</h3>
          <CopiedText id="made" text={made.url} label={link.made} />
          <p class="hint">
            <Filled text={link.ends} with={{ time: <Time at={made.expiresAt} /> }} />
          </p>
        </div>
      )}
      <Form action={path} token={tokens[0]} state={state} labels={labels}>
        <Select name="lasts" labels={labels} state={state} value={String(LINK_SECONDS.at(-1))} choices={choices} />
        <Submit kind="secondary">{link.submit}</Submit>
      </Form>
      {mayEnd && (
        <Form action={`${path}/end`} token={tokens[1]} class="below">
          <Submit kind="secondary">{link.end}</Submit>
        </Form>
      )}
    </section>
  )
}
