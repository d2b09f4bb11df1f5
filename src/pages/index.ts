/**
 * The hosted pages (design §1.11-12): sign-in, sign-up and a user's own account, server-rendered; only passkeys need a
 * script. They are a room like the others: the session cookie identifies the caller, and rules are in the core. They are
 * mounted at the root, so shared middleware is limited to their own paths.
 */
import { Hono } from 'hono'
import { admission } from '../http/admission.ts'
import type { AppEnv } from '../http/app-env.ts'
import { browserSession, credentials, personalSession } from '../http/credentials.ts'
import { unmatched } from '../http/errors.ts'
import { accountPages } from './account/index.ts'
import { consentPages } from './consent.tsx'
import { consolePages } from './console/index.ts'
import { devicePages } from './device.tsx'
import { emailUndoPages } from './email-undo.tsx'
import { renderError } from './errors.tsx'
import { filesPages } from './files/index.ts'
import { ownFormsOnly } from './form-token.ts'
import { loadedFiles } from './loaded-files.ts'
import { mailSignInPages } from './mail-sign-in.tsx'
import { passwordResetPages } from './password-reset.tsx'
import { HANDLE, peoplePages } from './people/index.ts'
import { secondStepPages } from './second-step.tsx'
import { signInPages } from './sign-in.tsx'
import { signOutPages } from './sign-out.tsx'
import { signUpPages } from './sign-up.tsx'
import { twoStepUndoPages } from './two-step-undo.tsx'
import { upstreamPages } from './upstream/callback.tsx'
import { connectPages } from './upstream/connect.tsx'
import { upstreamSignUpPages } from './upstream/sign-up.tsx'
import { verifyPages } from './verify.tsx'

export { renderError, showError } from './errors.tsx'

/** Including everything below. */
const PATHS = [
  '/sign-in',
  '/sign-up',
  '/verify',
  '/forgot',
  '/reset',
  '/email',
  '/two-step',
  '/sign-out',
  '/consent',
  '/continue',
  '/device',
  '/account',
  '/admin',
  '/people',
]
/** About the account itself: an administrator who looks at somebody's account is that person here. Everywhere else, they are themselves. */
const PERSONAL_PATHS: ReadonlySet<string> = new Set(['/account', '/people'])
/** Other sites may send a form here: Apple sends its answer in one. */
const OPEN_PATHS = ['/upstream']

export const pages = new Hono<AppEnv>()
pages.onError(renderError)
for (const path of PATHS)
  pages.use(`${path}/*`, admission(), ownFormsOnly(), credentials(PERSONAL_PATHS.has(path) ? personalSession : browserSession))
pages.use(HANDLE, admission(), credentials(personalSession))
for (const path of OPEN_PATHS) pages.use(`${path}/*`, admission(), credentials(browserSession))
pages.route('/', signInPages)
pages.route('/', secondStepPages)
pages.route('/', mailSignInPages)
pages.route('/', signUpPages)
pages.route('/', upstreamPages)
pages.route('/', connectPages)
pages.route('/', upstreamSignUpPages)
pages.route('/', verifyPages)
pages.route('/', emailUndoPages)
pages.route('/', twoStepUndoPages)
pages.route('/', passwordResetPages)
pages.route('/', signOutPages)
pages.route('/', consentPages)
pages.route('/', devicePages)
pages.route('/', accountPages)
pages.route('/', filesPages)
pages.route('/', consolePages)
pages.route('/', peoplePages)
pages.route('/', loadedFiles)
for (const path of [...[...PATHS, ...OPEN_PATHS].map((path) => `${path}/*`), HANDLE]) pages.all(path, unmatched(pages, ''))
