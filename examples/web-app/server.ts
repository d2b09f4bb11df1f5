/**
 * A server-rendered app whose users sign in with Kith. Their tokens stay here, on the server; the browser has only the id of a session.
 * It works without JavaScript in the browser. Start it with `npm run example web-app`; its settings are in examples/README.md.
 */
import { serve } from '@hono/node-server'
import { KithError } from '@kith/client'
import { type WebSession, webSessions } from '@kith/client/web'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { editPage, homePage, problemPage, welcomePage } from './pages.ts'

const { KITH = 'http://localhost:8787', CLIENT_ID = '', CLIENT_SECRET, PORT = '3000' } = process.env
const { ORIGIN = `http://localhost:${PORT}` } = process.env

// #region sessions
const sessions = webSessions({
  origin: KITH,
  clientId: CLIENT_ID,
  ...(CLIENT_SECRET && { clientSecret: CLIENT_SECRET }),
  redirectUri: `${ORIGIN}/callback`,
  postLogoutRedirectUri: `${ORIGIN}/`,
  // Sessions are in memory. With more than one process, pass a `store`, such as Redis or a database.
})
// #endregion

type App = { Variables: { session: WebSession } }
const app = new Hono<App>()

const contentSecurityPolicy = {
  defaultSrc: ["'self'"],
  styleSrc: ["'unsafe-inline'"],
  imgSrc: [KITH, 'https:'],
  formAction: ["'self'", KITH],
}
app.use(secureHeaders({ contentSecurityPolicy }))
app.use(bodyLimit({ maxSize: 100_000 }))
// Whoever uses the browser next finds nothing by the Back button.
app.use(async (c, next) => {
  await next()
  c.header('cache-control', 'no-store')
})
// Refuses forms posted from other sites, by their Origin or Sec-Fetch-Site.
app.use(csrf({ origin: ORIGIN }))

// #region cookie
app.use(async (c, next) => {
  c.set('session', sessions.open(getCookie(c, 'session', 'host')))
  await next()
})

/** `__Host-session`: for this host only, over https (or on localhost), hidden from scripts. */
function keepSession(c: Context<App>): void {
  setCookie(c, 'session', c.var.session.id, { prefix: 'host', httpOnly: true, sameSite: 'Lax', maxAge: 30 * 86_400 })
}
// #endregion

app.get('/', async (c) => {
  const { kith, current } = c.var.session
  if ((await current()).status === 'signed_out') return c.html(welcomePage())
  const [{ user }, { records }] = await Promise.all([kith.get('/user/me'), kith.get('/user/suggestions')])
  return c.html(homePage(user, records))
})

// #region sign-in
app.post('/sign-in', async (c) => {
  const url = await c.var.session.signIn({ returnTo: '/' })
  keepSession(c)
  return c.redirect(url, 303)
})

app.post('/sign-up', async (c) => {
  const url = await c.var.session.signUp({ returnTo: '/' })
  keepSession(c)
  return c.redirect(url, 303)
})

app.get('/callback', async (c) => {
  const { returnTo } = await c.var.session.handleRedirect(c.req.url)
  // The session has a new id now.
  keepSession(c)
  return c.redirect(returnTo, 303)
})

app.post('/sign-out', async (c) => {
  deleteCookie(c, 'session', { prefix: 'host', secure: true })
  return c.redirect(await c.var.session.signOut(), 303)
})
// #endregion

/** Who is signed in: in a form, it says whose form that is. */
async function personOf(c: Context<App>): Promise<string> {
  const session = await c.var.session.current()
  return session.status === 'signed_in' ? session.claims.sub : ''
}

app.get('/edit', async (c) => {
  const { kith } = c.var.session
  const [{ user }, person] = await Promise.all([kith.get('/user/me'), personOf(c)])
  return c.html(editPage(user, person, {}))
})

// #region edit
app.post('/edit', async (c) => {
  const form = await c.req.parseBody()
  const text = (name: string) => String(form[name] ?? '').trim()
  const person = await personOf(c)
  if (text('person') !== person) return c.html(problemPage('Somebody else has signed in since you opened that page.'), 409)
  const body = { firstName: text('firstName'), username: text('username'), bio: text('bio') || null }
  try {
    await c.var.session.kith.patch('/user/me', { body })
  } catch (error) {
    if (error instanceof KithError && error.kind === 'refused') return c.html(editPage(body, person, error.fields, error.message), 400)
    throw error
  }
  // The next page shows the change: the session keeps the bookmark.
  return c.redirect('/', 303)
})
// #endregion

// #region errors
app.onError(async (error, c) => {
  if ('getResponse' in error) return error.getResponse()
  if (!(error instanceof KithError)) {
    console.error(error)
    return c.html(problemPage('Something went wrong on our side.'), 500)
  }
  switch (error.kind) {
    case 'signed_out':
      return c.redirect('/', 303)
    case 'step_up_required': {
      const url = await c.var.session.stepUp({ ...error, returnTo: c.req.path })
      keepSession(c)
      return c.redirect(url, 303)
    }
    case 'sign_in_failed':
      return c.html(problemPage(error.reason === 'access_denied' ? 'You did not sign in.' : `${error.message}. Please sign in again.`), 400)
    case 'refused':
      return c.html(problemPage(error.message), 403)
    default:
      // Kith is busy or unreachable. This signs nobody out.
      return c.html(problemPage('Please try again in a moment.'), 503)
  }
})
// #endregion

serve({ fetch: app.fetch, port: Number(PORT), hostname: 'localhost' }, () => console.log(`Web app on ${ORIGIN}`))
