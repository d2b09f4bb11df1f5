/** @jsxImportSource react */
/** Every component of `@kith/client/react` on one page, for the tests: rendered on a server, then hydrated. */
import {
  Avatar,
  FollowButton,
  KithProvider,
  RedirectHandler,
  SignedIn,
  SignedOut,
  SignInButton,
  SignOutButton,
  SignUpButton,
  UserButton,
  useSession,
  useUser,
} from '@kith/client/react'
import { StrictMode } from 'react'

export function Page({ origin, clientId, path, people }) {
  return (
    <StrictMode>
      <KithProvider origin={origin} clientId={clientId} labels={{ account: 'My account' }}>
        {path === '/callback' ? <RedirectHandler /> : <Everything people={people} />}
      </KithProvider>
    </StrictMode>
  )
}

function Everything({ people }) {
  const session = useSession()
  const { user, isLoading, error } = useUser()
  return (
    <main>
      <h1>{session.status}</h1>
      <p id="user">{isLoading ? 'loading' : (user?.username ?? error?.kind ?? 'nobody')}</p>
      <UserButton items={[{ label: 'Settings', href: '#settings' }]} />
      <SignedOut>
        <SignInButton options={{ returnTo: '/?back' }} />
        <SignUpButton>Join</SignUpButton>
      </SignedOut>
      <SignedIn>
        <SignOutButton options={{ from: 'app' }} />
        <SignInButton>Switch</SignInButton>
        <input id="note" aria-label="Note" />
      </SignedIn>
      <ul>
        {people.map((person) => (
          <li key={person._id} id={person.username}>
            <Avatar user={person} alt={person.username} />
            <Avatar userId={person._id} size={24} />
            <FollowButton userId={person._id} name={person.username} isPrivate={person.isPrivate} />
          </li>
        ))}
      </ul>
    </main>
  )
}
