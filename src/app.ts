/** Which room is mounted at which path. Order matters: `user` ends in a catch-all and comes last. */
import { type Context, Hono } from 'hono'
import { oauth, wellKnown } from './apis/oauth/index.ts'
import { SCIM_PATH } from './apis/scim/answers.ts'
import { scim } from './apis/scim/index.ts'
import { renderError } from './apis/user/errors.ts'
import { user } from './apis/user/index.ts'
import type { Ctx } from './core/ctx.ts'
import { FILES_PATH } from './core/media/links.ts'
import type { AppEnv } from './http/app-env.ts'
import { asksForPage } from './http/errors.ts'
import { filesOrigin } from './http/files-origin.ts'
import { requestScope } from './http/request-scope.ts'
import { ROOM_PATHS, roomPath } from './http/room-paths.ts'
import { Router } from './http/router.ts'
import { changePassword } from './pages/change-password.ts'
import { docs } from './pages/docs.tsx'
import { pages, renderError as renderPage, showError } from './pages/index.ts'
import { landing } from './pages/landing.tsx'
import { mailbox } from './pages/mailbox.tsx'
import { DOCUMENTS, ROOMS } from './rooms.ts'

export function createApp(buildContext: (c: Context<AppEnv>) => Ctx): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ getPath: roomPath, router: new Router() })
  app.onError((thrown, c) => {
    if (c.var.renderError) return c.var.renderError(thrown, c)
    return asksForPage(c) ? renderPage(thrown, c) : renderError(thrown, c)
  })
  app.use(requestScope(buildContext), filesOrigin(FILES_PATH))
  app.use((c, next) => {
    c.set('showError', showError)
    c.set('showFailure', renderPage)
    return next()
  })
  for (const { name, app: room } of ROOMS) app.route(ROOM_PATHS[name], room)
  app.route('/oauth', oauth)
  app.route(SCIM_PATH, scim)
  app.route('/', changePassword)
  app.route('/.well-known', wellKnown)
  app.route('/', docs(DOCUMENTS))
  app.route('/', landing(DOCUMENTS))
  app.route('/', mailbox)
  app.route('/', pages)
  app.route('/', user)
  return app
}
