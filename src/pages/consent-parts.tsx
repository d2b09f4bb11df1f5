/** What the pages on which a person gives an app access have in common. */
import type { Child } from 'hono/jsx'
import type { ConsentRequest, ConsentScope } from '../core/oauth/consents.ts'
import type { FormState } from './form-state.ts'
import { Form, Submit } from './forms.tsx'
import { Isolated } from './isolated.tsx'

/** Whose account it is about; `another` leads to a sign-in with a different one. */
export function AskedAccount({ user, another }: { user: ConsentRequest['user']; another: string }) {
  const name = user.displayName ?? [user.givenName, user.familyName].filter(Boolean).join(' ')
  return (
    <div class="whose">
      <p>
        {name !== '' && (
          <strong>
            <Isolated>{name}</Isolated>
          </strong>
        )}
        <span>{user.username}</span>
      </p>
      <a href={another}>
        Use another account<span class="unseen">, if you are not {user.username}</span>
      </a>
    </div>
  )
}

/** What would be allowed, in plain words. */
export function AskedScopes({ title, scopes, class: className }: { title: Child; scopes: readonly ConsentScope[]; class?: string }) {
  if (scopes.length === 0) return null
  return (
    <section class={className === undefined ? 'asked' : `asked ${className}`}>
      <h2>{title}</h2>
      <ul>
        {scopes.map(({ description }) => (
          <li>{description}</li>
        ))}
      </ul>
    </section>
  )
}

interface AnswerProps {
  readonly action: string
  readonly token: string
  readonly state?: FormState
  /** Of the question. */
  readonly ticket: string
  readonly children?: Child
}

/** A yes or a no, with what else goes with it. */
export function AskedAnswer({ ticket, children, ...form }: AnswerProps) {
  return (
    <Form {...form} class="answers">
      {children}
      <input type="hidden" name="ticket" value={ticket} />
      <Submit name="answer" value="allow">
        Allow
      </Submit>
      <Submit kind="secondary" name="answer" value="deny">
        Deny
      </Submit>
    </Form>
  )
}
