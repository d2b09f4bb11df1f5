/** A person's picture, or their initials. */
import { type ComponentProps, type ReactElement, useState } from 'react'
import { colorsOf, initialsOf, type Person } from './names.ts'
import { useShared } from './provider.tsx'

export type AvatarProps = ({ user: Person; userId?: never } | { userId: string; user?: never }) & {
  /** Width and height in CSS pixels. By default 40. */
  size?: number
  /** By default empty: next to a name, the picture is decoration. */
  alt?: string
} & Omit<ComponentProps<'img'>, 'src' | 'alt' | 'width' | 'height'>

export function Avatar({ user, userId, size = 40, alt = '', ...props }: AvatarProps): ReactElement {
  const { kith } = useShared()
  const [failed, setFailed] = useState<readonly string[]>([])
  const src = user?.profilePictureUrl === null ? undefined : sourcesOf(kith.origin, user ?? userId).find((url) => !failed.includes(url))
  if (src === undefined && user) return <Initials user={user} size={size} alt={alt} className={props.className} />
  const fail = () => src !== undefined && setFailed((before) => [...before, src])
  return (
    <img
      data-kith="avatar"
      loading="lazy"
      decoding="async"
      {...props}
      // It may have failed before the page was hydrated.
      ref={(image) => {
        if (image?.complete && image.currentSrc !== '' && image.naturalWidth === 0) fail()
      }}
      onError={fail}
      src={src}
      alt={alt}
      width={size}
      height={size}
    />
  )
}

/** The URL in a profile may be signed and expire; the one by id leads to a fresh one, or to the initials. */
function sourcesOf(origin: string, user: Person | string): string[] {
  const [id, url] = typeof user === 'string' ? [user, null] : [user._id, user.profilePictureUrl]
  return [...(url === null ? [] : [url]), `${origin}/user/${encodeURIComponent(id)}/profile-picture`]
}

interface InitialsProps {
  user: Person
  size: number
  alt: string
  className: string | undefined
}

/** Presentation attributes only: it looks right without a style sheet, and under a policy that forbids inline styles. */
function Initials({ user, size, alt, className }: InitialsProps): ReactElement {
  const [paper, ink] = colorsOf(user)
  const named = alt === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': alt }
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it has a label, or is hidden
    <svg data-kith="avatar" className={className} width={size} height={size} viewBox="0 0 128 128" {...named}>
      <rect width="128" height="128" fill={paper} />
      <text x="64" y="64" dy="0.35em" textAnchor="middle" fontFamily="system-ui, sans-serif" fontSize="52" fontWeight="600" fill={ink}>
        {initialsOf(user)}
      </text>
    </svg>
  )
}
