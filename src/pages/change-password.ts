/** Redirects password managers to the page that changes a password (W3C, A Well-Known URL for Changing Passwords). */
import { Hono } from 'hono'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'

const PATH = '/.well-known/change-password'

export const changePassword = new Hono<AppEnv>().get(PATH, anyone(), (c) => c.redirect('/account/password', 302)).all(PATH, readOnly)
