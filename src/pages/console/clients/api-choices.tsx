/** The team's own APIs, with what a client may have of each. */
import type { Api } from '../../../core/oauth/apis.ts'
import { useTexts } from '../../texts.tsx'
import { CheckBox } from '../check-box.tsx'
import type { Shown } from '../scope-choices.tsx'

export type OfferedApi = Pick<Api, 'resource' | 'name' | 'scopes'>

export function ApiChoices({ apis, shown }: { apis: readonly OfferedApi[]; shown: Shown }) {
  const t = useTexts().console.clients
  // What the client has of others, or of one that is gone, stays unless it is taken off.
  const known = new Set(
    apis.flatMap(({ resource, scopes }) => ['', ...scopes.map(({ name }) => name)].map((name) => nameOf(resource, name))),
  )
  const others = Object.keys(shown).filter((name) => name.startsWith('api ') && shown[name] === 'on' && !known.has(name))
  return (
    <fieldset id="api_scopes">
      <legend>{t.yourApis}</legend>
      {apis.length + others.length === 0 && <p class="hint">{t.noApis}</p>}
      {apis.map(({ resource, name, scopes }) => (
        <details class="tree" open={Object.keys(shown).some((one) => one.startsWith(nameOf(resource, '')))}>
          <summary>
            <bdi>{name}</bdi>
          </summary>
          <ul>
            <li>
              <CheckBox name={nameOf(resource, '')} isOn={nameOf(resource, '') in shown} hint={<code>{resource}</code>}>
                {t.apiItself}
              </CheckBox>
              <ul>
                {scopes.map((scope) => (
                  <li>
                    <CheckBox
                      name={nameOf(resource, scope.name)}
                      isOn={nameOf(resource, scope.name) in shown}
                      hint={<code>{scope.name}</code>}
                    >
                      <bdi>{scope.description}</bdi>
                    </CheckBox>
                  </li>
                ))}
              </ul>
            </li>
          </ul>
        </details>
      ))}
      {others.map((name) => (
        <CheckBox name={name} isOn>
          <code>{name.slice('api '.length)}</code>
        </CheckBox>
      ))}
    </fieldset>
  )
}

const nameOf = (resource: string, name: string) => `api ${resource}|${name}`
