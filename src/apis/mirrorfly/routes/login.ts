/** `POST /login` (wire §5.1): a token for an hour. */
import { Hono } from 'hono'
import { signInWithKey } from '../../../core/key-users/sign-in.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { LoginBody, LoginReply, toLogin } from '../wire.ts'

export const login = new Hono<AppEnv>().post(
  '/login',
  anyone(),
  networkLimit('login'),
  validate('json', LoginBody),
  describe('login', {
    summary: 'Sign in',
    description:
      "With a license key's account, or the username and password from createUser. Users' own names and passwords do not work here, because " +
      'there is no second factor. On a 401 anywhere, sign in again.',
    response: { status: 200, schema: LoginReply, example: toLogin('eyJhbGciOiJFUzI1NiIs...') },
  }),
  async (c) => c.json(toLogin(await signInWithKey(c.var.ctx, c.req.valid('json')))),
)
