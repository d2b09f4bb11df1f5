/** What to paste into a client's program: the endpoints, and settings for well-known libraries. */
import type { Config } from '../../../config.ts'
import { blockedOrigins } from '../../../core/calling-origins.ts'
import { toMetadata } from '../../../core/oauth/client-columns.ts'
import type { ClientRow } from '../../../core/oauth/client-registration.ts'
import { DEVICE_GRANT } from '../../../core/oauth/clients.ts'
import { fill } from '../../../texts/texts.ts'
import { Facts } from '../../table.tsx'
import { useTexts } from '../../texts.tsx'
import { CopiedText } from '../copied-text.tsx'
import { kindOf } from './kinds.ts'
import { snippetsFor } from './snippets.ts'

export function ReadySettings({ row, config }: { row: ClientRow; config: Config }) {
  const { clients } = useTexts().console
  const metadata = toMetadata(row)
  const kind = kindOf(metadata)
  const snippets = snippetsFor(kind, { ...metadata, issuer: config.origin, clientId: row.id })
  // A page calls the token endpoint itself.
  const missing = kind === 'spa' ? blockedOrigins(config, metadata.redirectUris) : []
  return (
    <section class="panel">
      <h2>{clients.settings}</h2>
      <p>{clients.settingsHint}</p>
      {missing.length > 0 && <p class="caution">{fill(clients.corsHint, { origins: missing.join(' ') })}</p>}
      {snippets.map(({ library, text }, index) => (
        <details class="tree">
          <summary>{library}</summary>
          <CopiedText id={`settings-${index}`} text={text} label={library} isBlock />
        </details>
      ))}
    </section>
  )
}

export function Endpoints({ issuer, grantTypes }: { issuer: string; grantTypes: readonly string[] }) {
  const { endpointNames } = useTexts().console.clients
  const hasPeople = grantTypes.includes('authorization_code')
  const paths = [
    ['issuer', ''],
    ['discovery', '/.well-known/openid-configuration'],
    ...(hasPeople ? ([['authorize', '/oauth/authorize']] as const) : []),
    ...(grantTypes.includes(DEVICE_GRANT) ? ([['device', '/oauth/device_authorization']] as const) : []),
    ['token', '/oauth/token'],
    ...(hasPeople
      ? ([
          ['userinfo', '/oauth/userinfo'],
          ['endSession', '/oauth/logout'],
        ] as const)
      : []),
    ['jwks', '/.well-known/jwks.json'],
  ] as const
  return (
    <Facts
      facts={paths.map(([name, path]) => [
        endpointNames[name],
        <CopiedText id={`endpoint-${name}`} text={`${issuer}${path}`} label={endpointNames[name]} />,
      ])}
    />
  )
}
