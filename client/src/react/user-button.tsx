/** The caller's picture; it opens a menu with their account and sign-out (WAI-ARIA Authoring Practices, menu button). */
import { type KeyboardEvent, type ReactElement, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import type { KithError } from '../index.ts'
import { Avatar } from './avatar.tsx'
import { nameOf, type Person } from './names.ts'
import { useShared } from './provider.tsx'
import { useSession, useUser } from './session.tsx'

/** A menu item of the app: a link or an action. */
export type UserMenuItem = { label: ReactNode; href: string } | { label: ReactNode; onSelect: () => void }

export interface UserButtonProps {
  /** Shown above "Account" and "Sign out". */
  items?: readonly UserMenuItem[]
  /** Size of the picture in CSS pixels. */
  size?: number
  className?: string
  /** Called if the sign-out did not reach Kith. Without it, `KithProvider` shows the message: this button is gone by then. */
  onError?: (error: KithError) => void
}

/** Renders nothing while nobody is signed in. */
export function UserButton({ items = [], size = 36, className, onError }: UserButtonProps): ReactElement | null {
  const { kith, labels, signOut } = useShared()
  const session = useSession()
  const { user } = useUser()
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const trigger = useRef<HTMLButtonElement>(null)
  const id = useId()
  useEffect(() => {
    if (!isOpen) return
    const leave = ({ target }: Event) => {
      if (!root.current?.contains(target as Node)) setOpen(false)
    }
    addEventListener('pointerdown', leave)
    addEventListener('focusin', leave)
    return () => {
      removeEventListener('pointerdown', leave)
      removeEventListener('focusin', leave)
    }
  }, [isOpen])
  if (session.status !== 'signed_in') return null
  const { claims } = session
  const person: Person = user ?? personOf(claims)
  const close = () => {
    setOpen(false)
    trigger.current?.focus()
  }
  const all: UserMenuItem[] = [
    ...items,
    { label: labels.account, href: `${kith.origin}/account` },
    { label: labels.signOut, onSelect: () => void signOut({}, onError) },
  ]
  return (
    <div ref={root} data-kith="user-button" className={className}>
      <button
        ref={trigger}
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
          event.preventDefault()
          setOpen(true)
        }}
      >
        <Avatar user={person} size={size} alt={`${labels.userMenu}: ${nameOf(person)}`} />
      </button>
      {isOpen ? <Menu id={id} person={person} items={all} onClose={close} /> : null}
    </div>
  )
}

function Menu(props: { id: string; person: Person; items: readonly UserMenuItem[]; onClose: () => void }): ReactElement {
  const { id, person, items, onClose } = props
  const list = useRef<HTMLDivElement>(null)
  const entries = () => [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the menu opens
  useEffect(() => entries()[0]?.focus(), [])
  const move = (event: KeyboardEvent) => {
    const all = entries()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key] ?? startingWith(all, at, event.key)
    if (event.key === 'Escape' || event.key === 'Tab') return onClose()
    if (to === undefined) return
    event.preventDefault()
    all.at(to % all.length)?.focus()
  }
  return (
    <div ref={list} id={id} role="menu" data-kith="menu" aria-label={nameOf(person)} onKeyDown={move}>
      <div role="presentation" data-kith="menu-person">
        <strong>{nameOf(person)}</strong>
        <span>{person.username}</span>
      </div>
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: entries have no other name
        <Entry key={index} item={item} onClose={onClose} />
      ))}
    </div>
  )
}

function Entry({ item, onClose }: { item: UserMenuItem; onClose: () => void }): ReactElement {
  const common = { role: 'menuitem', tabIndex: -1, 'data-kith': 'menu-item' }
  if ('href' in item) {
    return (
      <a {...common} href={item.href}>
        {item.label}
      </a>
    )
  }
  const select = () => {
    onClose()
    item.onSelect()
  }
  return (
    <button type="button" {...common} onClick={select}>
      {item.label}
    </button>
  )
}

/** A letter leads to the next entry that starts with it. */
function startingWith(entries: readonly HTMLElement[], at: number, key: string): number | undefined {
  if (key.length !== 1) return undefined
  const starts = (entry: HTMLElement) => entry.textContent?.trim().toLowerCase().startsWith(key.toLowerCase())
  const found = entries.findIndex((entry, index) => index > at && starts(entry))
  const wrapped = found < 0 ? entries.findIndex(starts) : found
  return wrapped < 0 ? undefined : wrapped
}

/** Until the profile has come, the ID token says who it is. */
function personOf(claims: { readonly sub: string; readonly [claim: string]: unknown }): Person {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : null)
  return {
    _id: claims.sub,
    username: text('preferred_username') ?? '',
    firstName: text('given_name'),
    lastName: text('family_name'),
    profilePictureUrl: text('picture'),
  }
}
