import { KithProvider, RedirectHandler, SignedIn, SignedOut, SignInButton, SignUpButton, UserButton, useSession } from '@kith/client/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Files } from './files.tsx'
import { People } from './people.tsx'
import { Profile } from './profile.tsx'
import '@kith/client/react/style.css'
import './style.css'

const { VITE_KITH = 'http://localhost:8787', VITE_CLIENT_ID = 'demo-spa' } = import.meta.env

function App() {
  const session = useSession()
  return (
    <>
      <header>
        <a href="/">Lantern</a>
        <UserButton />
        <SignedOut>
          <SignInButton />
        </SignedOut>
      </header>
      <main>
        <SignedOut>
          {'reason' in session && session.reason === 'ended' && <p role="alert">Your session has ended.</p>}
          <h1>Your people and your files, in one place.</h1>
          <p>Create an account, find your friends, and bring your files.</p>
          <SignUpButton>Create an account</SignUpButton>
        </SignedOut>
        <SignedIn>
          <Profile />
          <People />
          <Files />
        </SignedIn>
      </main>
    </>
  )
}

// #region provider
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <KithProvider origin={VITE_KITH} clientId={VITE_CLIENT_ID}>
      {location.pathname === '/callback' ? <RedirectHandler /> : <App />}
    </KithProvider>
  </StrictMode>,
)
// #endregion
