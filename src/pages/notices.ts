/** What a page says after a form: `?notice=` names it, so that no text from the URL gets onto the page. */
import type { Context } from 'hono'

const NOTICES = {
  saved: 'Saved.',
  code_sent: 'If a code can be sent to this address, it is on its way. Check your mail.',
  reset_sent: 'If there is an account with this address, we have sent it a code. Check your mail.',
  signed_up: 'Almost done. We have sent you a mail: open its link, or enter its code here.',
  not_verified: 'Confirm your e-mail address first. Enter the code that we sent you, or ask for a new one.',
  verified: 'Your e-mail address is confirmed. You can sign in now.',
  password_reset: 'Your new password is set. Sign in with it now.',
  password_changed: 'Your password was changed. All other devices are signed out.',
  email_pending: 'We have sent a mail to the new address. Nothing changes until you open its link or enter its code.',
  email_restored: 'Your address was restored, and everyone is signed out. Set a new password now.',
  two_step_undone: 'Two-step sign-in is off again, and everyone is signed out. Set a new password now.',
  sign_in_over: 'That took too long, or was finished elsewhere. Sign in again.',
  signed_out: 'You are signed out.',
  signed_out_everywhere: 'You are signed out on all devices.',
  session_ended: 'That device is signed out.',
  picture_removed: 'Your picture is removed.',
  picture_set: 'This is your new picture.',
  app_removed: 'The app no longer has access to your account.',
  scope_withdrawn: 'Taken back: the app can no longer do that.',
  not_removed: 'That did not work, and nothing has changed. Choose the app again.',
  app_on: 'Your authenticator app is on. From now on, signing in takes a code from it.',
  app_off: 'Your authenticator app is off.',
  email_codes_on: 'Codes by e-mail are on.',
  email_codes_off: 'Codes by e-mail are off.',
  passkey_added: 'Your passkey is added. You can sign in with it from now on.',
  passkey_renamed: 'The passkey has its new name.',
  passkey_removed: 'The passkey no longer signs you in. All other devices are signed out.',
  no_second_step: 'There is no second step to recover. Set up an authenticator app first.',
  codes_kept: 'Keep your recovery codes where you can find them without this device.',
  nothing_waits: 'No app is waiting for its first code. If yours is not listed, set it up again.',
  code_mailed: 'If a code can be sent to you, it is on its way. Check your mail.',
  provider_linked: 'It is connected: from now on it signs you in.',
  provider_unlinked: 'It is disconnected, and no longer signs you in.',
  deleted: 'Your account is deleted. To restore it, sign in within 14 days.',
} as const
export type NoticeName = keyof typeof NOTICES

export function noticeOf(c: Context): string | null {
  const name = c.req.query('notice') ?? ''
  return Object.hasOwn(NOTICES, name) ? NOTICES[name as NoticeName] : null
}

/** Post/Redirect/Get: redirects to `path`, which shows `notice`. */
export function redirectWith(c: Context, path: string, notice: NoticeName): Response {
  return c.redirect(`${path}${path.includes('?') ? '&' : '?'}notice=${notice}`, 303)
}
