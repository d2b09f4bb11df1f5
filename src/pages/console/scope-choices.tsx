/** The scopes as a tree of check boxes, in words: for roles and for apps. Only those are offered that the caller may give. */
import type * as z from 'zod'
import { covers, holds, isIdentityScope, isScope, SCOPES, type Scope } from '../../core/scopes.ts'
import { useTexts } from '../texts.tsx'
import { CheckBox } from './check-box.tsx'
import { checkBox } from './typed-fields.ts'

const ALL = Object.keys(SCOPES) as Scope[]
const PREFIX = 'scope '

export type Shown = Readonly<Record<string, string>>
type ScopeFields = Record<`scope ${Scope}`, typeof checkBox>

/** The fields of a form with the tree. */
export const scopeFields = Object.fromEntries(ALL.map((scope) => [PREFIX + scope, checkBox])) as ScopeFields

/** Those that are chosen, without what another one includes. */
export function chosenScopes(values: Partial<z.output<z.ZodObject<ScopeFields>>>): Scope[] {
  const chosen = ALL.filter((scope) => values[`${PREFIX}${scope}` as keyof ScopeFields])
  return chosen.filter((scope) => isIdentityScope(scope) || !chosen.some((other) => other !== scope && covers(other, scope)))
}

/** Fields with these scopes chosen. */
export const shownScopes = (scopes: readonly string[]): Shown =>
  Object.fromEntries(scopes.filter(isScope).map((scope) => [PREFIX + scope, 'on']))

interface Props {
  readonly shown: Shown
  readonly held: readonly Scope[]
  /** Whether to offer what apps may learn about people, which no role holds. */
  readonly hasIdentity: boolean
}

export function ScopeChoices({ shown, held, hasIdentity }: Props) {
  const { scopesOf, includes } = useTexts().console.registry
  const offered = ALL.filter((scope) =>
    isIdentityScope(scope) ? hasIdentity : holds(held, scope) || (PREFIX + scope in shown && shown[PREFIX + scope] === 'on'),
  )
  const groups = [
    { name: scopesOf.identity, roots: offered.filter(isIdentityScope) },
    ...(['delegated', 'client', 'admin'] as const).map((area) => ({
      name: scopesOf[area],
      roots: topOf(offered.filter((scope) => scope.startsWith(`${area}:`))),
    })),
    { name: scopesOf.all, roots: offered.filter((scope) => scope === '*') },
  ]
  return (
    <>
      <p class="hint">{includes}</p>
      {groups
        .filter(({ roots }) => roots.length > 0)
        .map(({ name, roots }) => (
          <details class="tree" open={roots.some((root) => isAnyChosen(root, shown))}>
            <summary>{name}</summary>
            <Branches of={roots} offered={offered} shown={shown} />
          </details>
        ))}
    </>
  )
}

const topOf = (scopes: readonly Scope[]) => scopes.filter((scope) => !scopes.some((other) => other !== scope && covers(other, scope)))

const isAnyChosen = (root: Scope, shown: Shown) => ALL.some((scope) => covers(root, scope) && shown[PREFIX + scope] === 'on')

function Branches({ of, offered, shown }: { of: readonly Scope[]; offered: readonly Scope[]; shown: Shown }) {
  const { names } = useTexts().scopes
  return (
    <ul>
      {of.map((scope) => {
        const below = scope === '*' ? [] : topOf(offered.filter((other) => other !== scope && covers(scope, other)))
        return (
          <li>
            <CheckBox name={PREFIX + scope} isOn={shown[PREFIX + scope] === 'on'} hint={<code>{scope}</code>}>
              {names[scope]}
            </CheckBox>
            {below.length > 0 && <Branches of={below} offered={offered} shown={shown} />}
          </li>
        )
      })}
    </ul>
  )
}
