/**
 * The pending log-in, in a cookie that expires with it: it survives redirects and reloads, and is in no URL and no page
 * (security rows 14, 15).
 */
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Ctx } from '../core/ctx.ts'
import type { SignInMethod } from '../core/sessions/completion.ts'

/** Hono adds the `__Host-` prefix. */
const COOKIE = 'kith_sign_in'
const FORM = /^([0-9a-f]{24})\.([\w-]{20,128})(?:\.([a-z_-]{1,64}))?$/
const ATTRIBUTES = { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' } as const

export interface PendingSignIn {
  /** 24 hex digits. */
  readonly userId: string
  readonly sessionHash: string
  /** Strongest first. Only for the page's text; the core decides again. */
  readonly methods: readonly SignInMethod[]
}

const METHODS: readonly SignInMethod[] = ['passkey', 'totp', 'recovery_code', 'email']

export function setPendingSignIn(c: Context, { userId, sessionHash, methods }: PendingSignIn): void {
  const { signInCodeMs } = (c.var.ctx as Ctx).config.lifetimes
  setCookie(c, COOKIE, `${userId}.${sessionHash}.${methods.join('-')}`, { ...ATTRIBUTES, maxAge: signInCodeMs / 1_000 })
}

export function getPendingSignIn(c: Context): PendingSignIn | null {
  const [, userId, sessionHash, names] = FORM.exec(getCookie(c, COOKIE, 'host') ?? '') ?? []
  if (userId === undefined || sessionHash === undefined) return null
  const methods = METHODS.filter((method) => names?.split('-').includes(method))
  return { userId, sessionHash, methods: methods.length === 0 ? ['email'] : methods }
}

export function clearPendingSignIn(c: Context): void {
  if (getCookie(c, COOKIE, 'host') !== undefined) deleteCookie(c, COOKIE, ATTRIBUTES)
}
