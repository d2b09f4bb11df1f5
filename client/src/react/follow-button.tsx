/** Follows somebody, or withdraws that. It shows the outcome at once, and takes it back if Kith refuses. */
import { type ReactElement, useEffect, useSyncExternalStore } from 'react'
import { ActionButton, type ButtonProps } from './action-button.tsx'
import type { FollowStatus, Known } from './follow-store.ts'
import { useShared } from './provider.tsx'
import { useSession } from './session.tsx'

export interface FollowButtonProps extends Omit<ButtonProps, 'children' | 'onChange'> {
  userId: string
  /** Their name, for screen readers: "Follow Alice". */
  name?: string
  /** Whether they approve their followers. Decides only what the button shows until Kith answers. */
  isPrivate?: boolean
  onChange?: (status: FollowStatus) => void
}

const UNKNOWN: Known = new Map()

/** Renders nothing for the caller's own account and for people they cannot see. Signed out, it leads to the sign-in. */
export function FollowButton({ userId, name, isPrivate = false, onChange, ...props }: FollowButtonProps): ReactElement | null {
  const { kith, user, follows, labels } = useShared()
  const session = useSession()
  const isSignedIn = session.status === 'signed_in'
  const known = useSyncExternalStore(follows.subscribe, follows.get, () => UNKNOWN).get(userId)
  useEffect(() => {
    if (isSignedIn) follows.ask(userId)
  }, [follows, userId, isSignedIn])
  // `sub` is the id, unless the client has pairwise ones.
  const isSelf = isSignedIn && (session.claims.sub === userId || user.get().user?._id === userId)
  if (isSelf || known === 'unavailable') return null
  const status = known ?? 'none'
  const act = async () => {
    if (!isSignedIn) return kith.signIn()
    const { subject } = follows
    follows.put(userId, status === 'none' ? (isPrivate ? 'requested' : 'following') : 'none')
    try {
      await (status === 'none' ? follows.follow(userId) : follows.unfollow(userId))
    } catch (error) {
      follows.put(userId, status, subject)
      throw error
    }
    const now = follows.get().get(userId)
    if (now !== undefined && now !== 'unavailable') onChange?.(now)
  }
  const text = { none: labels.follow, requested: labels.requested, following: labels.following }[status]
  const hint = { none: undefined, requested: labels.withdraw, following: labels.unfollow }[status]
  return (
    <ActionButton
      data-kith="follow"
      data-status={status}
      title={hint}
      aria-label={name === undefined ? undefined : `${text} ${name}`}
      {...props}
      action={act}
    >
      {text}
    </ActionButton>
  )
}
