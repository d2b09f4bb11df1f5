import type { FileOptions, KithError } from '@kith/client'
import { SignInButton, useKith } from '@kith/client/react'
import { type ComponentProps, type SubmitEvent, useRef, useState } from 'react'

/** Something that takes time and may fail. */
export function useTask<Input = void>(work: (input: Input) => Promise<unknown>) {
  const [state, setState] = useState<{ isBusy?: true; isDone?: true; error?: KithError }>({})
  const fail = (error: KithError) => setState({ error })
  const run = (input: Input) => {
    setState({ isBusy: true })
    return work(input).then(() => setState({ isDone: true }), fail)
  }
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    run(Object.fromEntries(new FormData(event.currentTarget)) as Input)
  }
  return { run, submit, ...state }
}

const ADVICE: Record<KithError['kind'], string> = {
  offline: 'You are still signed in.',
  timeout: 'Please try again.',
  aborted: 'You can start again.',
  signed_out: 'Please sign in again.',
  step_up_required: 'Please confirm that it is you.',
  refused: 'Please check and try again.',
  rate_limited: 'Please wait a moment.',
  unavailable: 'This is not your fault. Please try again later.',
  sign_in_failed: 'Please sign in again.',
  scope_not_granted: 'This app may not do everything it offers.',
  storage: 'Please allow this site to store data.',
}

/** Says what went wrong, and offers what helps. */
export function Problem({ error, retry }: { error?: KithError | null | undefined; retry?: () => void }) {
  const kith = useKith()
  if (!error) return null
  return (
    <div role="alert" className="problem">
      <p>{`${error.message}. ${ADVICE[error.kind]}${'retryAfterSeconds' in error ? ` (${error.retryAfterSeconds} s)` : ''}`}</p>
      {error.kind === 'signed_out' && <SignInButton />}
      {error.kind === 'step_up_required' && <Button onClick={() => kith.stepUp(error)}>Confirm</Button>}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  )
}

export const Button = (props: ComponentProps<'button'>) => <button type={props.onClick ? 'button' : 'submit'} {...props} />

/** An input with its label, and what Kith found wrong with it. */
export function Field({ label, error, ...input }: { label: string; error?: KithError | undefined } & ComponentProps<'input'>) {
  const problem = error?.kind === 'refused' ? error.fields[input.name ?? ''] : undefined
  return (
    <label>
      {label}
      <input {...input} aria-invalid={problem !== undefined} />
      {problem && <small className="problem">{`${label} ${problem}.`}</small>}
    </label>
  )
}

/** Chooses a file and sends it. */
export function Upload({
  send,
  ...input
}: { send: (file: File, options: FileOptions) => Promise<unknown> } & ComponentProps<typeof Field>) {
  const [progress, setProgress] = useState({ loaded: 0, total: 1 })
  const controller = useRef(new AbortController())
  const { run, isBusy, error } = useTask((file: File) => {
    controller.current = new AbortController()
    return send(file, { onProgress: setProgress, signal: controller.current.signal })
  })
  return (
    <>
      <Field {...input} type="file" onChange={({ target }) => target.files?.[0] && run(target.files[0])} />
      {isBusy && <progress value={progress.loaded} max={progress.total} aria-label={input.label} />}
      {isBusy && <Button onClick={() => controller.current.abort()}>Stop</Button>}
      <Problem error={error} />
    </>
  )
}
