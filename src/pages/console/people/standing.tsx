/** How somebody's account stands, and why they cannot sign in: what support sees first. */
import type { AdminPerson, Hindrance } from '../../../core/admin/person.ts'
import { LOGIN_TRIES } from '../../../core/limits.ts'
import { fill, number } from '../../../texts/texts.ts'
import { Isolated } from '../../isolated.tsx'
import { Filled, useTexts } from '../../texts.tsx'
import { Day, Time } from '../../time.tsx'
import { States } from './words.tsx'

export function Standing({ person, now }: { person: AdminPerson; now: number }) {
  const { person: words } = useTexts().console
  const { user, hindrances } = person
  const isRestricted = user.restrictedAt !== null && (user.restrictedUntil === null || user.restrictedUntil > now)
  return (
    <section class="panel">
      <h2>
        {words.standing} <States user={user} now={now} />
      </h2>
      {hindrances.length === 0 && !isRestricted && <p>{words.standsWell}</p>}
      {(hindrances.length > 0 || isRestricted) && (
        <ul class="reasons">
          {hindrances.map((hindrance) => (
            <li>
              <HindranceText hindrance={hindrance} />
            </li>
          ))}
          {isRestricted && (
            <li>
              <Sanction name="restricted" until={user.restrictedUntil} reason={user.restrictedReason} />
            </li>
          )}
        </ul>
      )}
    </section>
  )
}

function HindranceText({ hindrance }: { hindrance: Hindrance }) {
  const t = useTexts()
  const words = t.console.person.hindrances
  switch (hindrance.kind) {
    case 'banned':
      return <Sanction name="banned" until={hindrance.until} reason={hindrance.reason} />
    case 'deleted':
      return (
        <Filled
          text={hindrance.byThemselves ? words.deletedByThemselves : words.deletedByAdmin}
          with={{ until: <Day at={hindrance.until} /> }}
        />
      )
    case 'password_tries':
    case 'code_tries':
      return <Filled text={words[hindrance.kind]} with={{ until: <Time at={hindrance.until} /> }} />
    case 'second_step':
      return <Filled text={words.second_step} with={{ at: <Time at={hindrance.at} /> }} />
    case 'wrong_passwords':
      return <>{fill(words.wrong_passwords, { count: number(t, hindrance.count), limit: number(t, LOGIN_TRIES) })}</>
    default:
      return <>{words[hindrance.kind]}</>
  }
}

/** "Banned until 3 May 2026 by an administrator: spam." Each shape is a sentence of its own. */
function Sanction({ name, until, reason }: { name: 'banned' | 'restricted'; until: number | null; reason: string | null }) {
  const forms = useTexts().console.person.sanctions[name]
  const values = { until: until === null ? '' : <Day at={until} />, reason: <Isolated>{reason ?? ''}</Isolated> }
  const text = until === null ? (reason === null ? forms.plain : forms.why) : reason === null ? forms.until : forms.untilWhy
  return <Filled text={text as '{until} {reason}'} with={values} />
}
