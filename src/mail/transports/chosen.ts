/** The mailer that the settings ask for. */
import type { MailConfig } from '../../config-mail.ts'
import { captureMailer } from '../captured.ts'
import type { Mailer } from '../mailer.ts'
import { emailServiceMailer } from './cloudflare.ts'
import { postmarkMailer } from './postmark.ts'
import { relayMailer } from './relay.ts'
import { resendMailer } from './resend.ts'
import { sesMailer } from './ses.ts'

export function mailerOf(mail: MailConfig, { EMAIL, KV }: { EMAIL: SendEmail; KV: KVNamespace }): Mailer {
  switch (mail.kind) {
    case 'email-service':
      return emailServiceMailer(EMAIL, mail.from)
    case 'resend':
      return resendMailer(mail)
    case 'postmark':
      return postmarkMailer(mail)
    case 'ses':
      return sesMailer(mail)
    case 'relay':
      return relayMailer(mail)
    case 'capture':
      return captureMailer(KV, () => Date.now())
  }
}
