/** How an account stands, in words. */

import { isInForce } from '../../../core/in-force.ts'
import type { SeenUser } from '../../../core/social/visibility.ts'
import type { Texts } from '../../../texts/texts.ts'
import { nameOf } from '../../face.tsx'
import { Isolated } from '../../isolated.tsx'
import { useTexts } from '../../texts.tsx'
import { Tag, type TagKind } from '../tags.tsx'

type Standing = Pick<
  SeenUser,
  'bannedAt' | 'bannedUntil' | 'restrictedAt' | 'restrictedUntil' | 'deletedAt' | 'emailVerifiedAt' | 'verifiedAt'
>
type StateName = keyof Texts['console']['people']['states']

/** What is the matter with an account; `active` if nothing is. */
export function statesOf(user: Standing, now: number): StateName[] {
  const states: StateName[] = []
  if (user.deletedAt !== null) states.push('deleted')
  if (isInForce(user.bannedAt, user.bannedUntil, now)) states.push('banned')
  if (isInForce(user.restrictedAt, user.restrictedUntil, now)) states.push('restricted')
  if (user.emailVerifiedAt === null) states.push('unverified')
  return states.length === 0 ? ['active'] : states
}

const KINDS: Readonly<Partial<Record<StateName, TagKind>>> = { active: 'good', unverified: 'plain' }

export function States({ user, now }: { user: Standing; now: number }) {
  const { states } = useTexts().console.people
  return (
    <span class="tags">
      {statesOf(user, now).map((state) => (
        <Tag kind={KINDS[state] ?? 'bad'}>{states[state]}</Tag>
      ))}
    </span>
  )
}

/** Name and user name, each in its own direction. */
export function Called({ user }: { user: Parameters<typeof nameOf>[0] }) {
  return (
    <>
      <Isolated>{nameOf(user)}</Isolated> (<Isolated>@{user.username}</Isolated>)
    </>
  )
}
