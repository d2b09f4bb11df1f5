/** The form of a client, for people who need not know OAuth: what matters first, everything else under "More settings". */
import { CLIENT_AUTHENTICATION_METHODS } from '../../../core/oauth/client-authentication.ts'
import { GRANT_TYPES, SECURITY_PROFILES, SUBJECT_TYPES } from '../../../core/oauth/clients.ts'
import type { Scope } from '../../../core/scopes.ts'
import { fill } from '../../../texts/texts.ts'
import { Form, type FormState, Input, Select, Submit, TextArea } from '../../forms.tsx'
import { useTexts } from '../../texts.tsx'
import { CheckBox } from '../check-box.tsx'
import { SignInAgain } from '../confirm.tsx'
import { ScopeChoices, type Shown } from '../scope-choices.tsx'
import { ApiChoices, type OfferedApi } from './api-choices.tsx'
import { FLAGS, type FlagName, GRANT_NAMES } from './fields.ts'
import { hasRedirects, type Kind } from './kinds.ts'

export interface ClientFormProps {
  readonly action: string
  readonly token: string
  readonly state: FormState
  /** What it begins with. */
  readonly initial: Shown
  readonly kind: Kind
  readonly held: readonly Scope[]
  readonly apis: readonly OfferedApi[]
  readonly algorithms: readonly string[]
  /** The client as it was read; null for a new one. */
  readonly version: number | null
  readonly submit: string
}

export function ClientFormView(props: ClientFormProps) {
  const { action, token, state, kind, held, apis, version } = props
  const t = useTexts().console.clients
  const shown: Shown = state.error ? state.typed : props.initial
  // Whoever sends it again has been told that it replaces what somebody else has changed.
  const isOutdated = state.error?.code === 'precondition_failed'
  const redirects = <Redirects {...props} shown={shown} />
  const isSignIn = hasRedirects({ grantTypes: GRANT_TYPES.filter((grant) => shown[`grant ${GRANT_NAMES[grant]}`] === 'on') })
  const isService = kind === 'service'
  return (
    <Form action={action} token={token} state={state} labels={t.fields}>
      <SignInAgain state={state} />
      {version !== null && <input type="hidden" name="version" value={isOutdated ? version : (shown.version ?? version)} />}
      <fieldset>
        <legend>{t.basics}</legend>
        <Input
          name="client_name"
          labels={t.fields}
          state={state}
          value={shown.client_name}
          hint={t.hints.client_name}
          maxlength={128}
          first
        />
        {isSignIn && redirects}
      </fieldset>
      <fieldset id="scope">
        <legend>{t.permissions}</legend>
        <p class="hint">
          {isService ? fill(t.servicePermissionsHint, { group: useTexts().console.registry.scopesOf.client }) : t.permissionsHint}
        </p>
        <ScopeChoices shown={shown} held={held} hasIdentity={!isService} />
      </fieldset>
      <ApiChoices apis={apis} shown={shown} />
      {!isService && <Links state={state} shown={shown} />}
      <details class="more" open={state.error !== null}>
        <summary>{t.more}</summary>
        <More {...props} shown={shown} />
        {!isSignIn && redirects}
        {isService && <Links state={state} shown={shown} />}
      </details>
      <Submit>{props.submit}</Submit>
    </Form>
  )
}

type PartProps = ClientFormProps & { readonly shown: Shown }

function Redirects({ state, shown, kind }: PartProps) {
  const { fields, hints } = useTexts().console.clients
  const examples: Partial<Record<Kind, string>> = hints.redirectsOf
  const hint = (
    <>
      {hints.redirect_uris} {examples[kind]}
    </>
  )
  return (
    <>
      <TextArea
        name="redirect_uris"
        labels={fields}
        state={state}
        value={shown.redirect_uris ?? ''}
        rows={3}
        hint={hint}
        optional="unmarked"
      />
      <TextArea
        name="post_logout_redirect_uris"
        labels={fields}
        state={state}
        value={shown.post_logout_redirect_uris ?? ''}
        rows={2}
        hint={hints.post_logout_redirect_uris}
        optional
      />
    </>
  )
}

function Links({ state, shown }: { state: FormState; shown: Shown }) {
  const t = useTexts().console.clients
  return (
    <fieldset>
      <legend>{t.links}</legend>
      <Input name="logo_uri" type="url" labels={t.fields} state={state} value={shown.logo_uri} hint={t.hints.logo_uri} optional />
      {(['client_uri', 'policy_uri', 'tos_uri'] as const).map((name) => (
        <Input name={name} type="url" labels={t.fields} state={state} value={shown[name]} optional />
      ))}
    </fieldset>
  )
}

function More({ state, shown, version, algorithms }: PartProps) {
  const t = useTexts().console.clients
  const common = { labels: t.fields, state }
  const text = (name: keyof typeof t.fields & string, hint?: string) => (
    <Input name={name} {...common} value={shown[name]} hint={hint} optional code />
  )
  const choose = (name: keyof typeof t.fields & string, words: readonly (readonly [string, string])[], hint?: string) => (
    <Select name={name} {...common} value={shown[name] ?? null} choices={words} hint={hint} />
  )
  return (
    <>
      {version === null && <Input name="client_id" {...common} value={shown.client_id} hint={t.hints.client_id} code />}
      <fieldset id="grant_types">
        <legend>{t.grants}</legend>
        {GRANT_TYPES.map((grant) => GRANT_NAMES[grant]).map((name) => (
          <CheckBox name={`grant ${name}`} isOn={shown[`grant ${name}`] === 'on'}>
            {t.grantNames[name]}
          </CheckBox>
        ))}
      </fieldset>
      {choose(
        'token_endpoint_auth_method',
        CLIENT_AUTHENTICATION_METHODS.map((method) => [method, t.methods[method]]),
        t.hints.token_endpoint_auth_method,
      )}
      <TextArea name="jwks" {...common} value={shown.jwks ?? ''} rows={3} hint={t.hints.jwks} optional />
      {text('jwks_uri', t.hints.jwks_uri)}
      <Input
        name="access_token_seconds"
        {...common}
        value={shown.access_token_seconds}
        inputmode="numeric"
        hint={t.hints.access_token_seconds}
      />
      {choose(
        'id_token_signed_response_alg',
        algorithms.map((alg) => [alg, alg]),
        t.hints.id_token_signed_response_alg,
      )}
      {choose(
        'security_profile',
        SECURITY_PROFILES.map((profile) => [profile, t.profiles[profile]]),
      )}
      {choose(
        'subject_type',
        SUBJECT_TYPES.map((type) => [type, t.subjects[type]]),
      )}
      {text('sector_identifier_uri', t.hints.sector_identifier_uri)}
      <TextArea name="claims" {...common} value={shown.claims ?? ''} rows={2} hint={t.hints.claims} optional />
      {text('backchannel_logout_uri', t.hints.backchannel_logout_uri)}
      {text('frontchannel_logout_uri', t.hints.frontchannel_logout_uri)}
      {(Object.keys(FLAGS) as FlagName[]).map((name) => (
        <CheckBox name={name} isOn={shown[name] === 'on'} hint={(t.hints as Partial<Record<FlagName, string>>)[name]}>
          {t.fields[name]}
        </CheckBox>
      ))}
    </>
  )
}
