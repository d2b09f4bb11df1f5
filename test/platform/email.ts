// The mail binding, security §2.5: records mails and sends nothing; refuses more than 50 recipients and messages over 5 MiB;
// answers with the service's error codes on demand (F13).
import type { Core } from './core.ts'

export const RECIPIENTS_MAX = 50
export const MESSAGE_BYTES_MAX = 5 * 1024 * 1024

/** Email Service accepts only a list of headers, of which these are useful for our mails; it refuses all others. */
const HEADER_ALLOWED = /^(auto-submitted|in-reply-to|references|list-[a-z-]+|precedence|content-language|importance|x-[\w-]+)$/i

export interface RecordedEmail {
  /** Addresses, separated by ', '. */
  to: string
  from: string
  subject: string
  text: string
  html: string
  headers: Record<string, string>
}

type Address = string | { email: string; name?: string }

function toText(address: Address): string {
  if (typeof address === 'string') return address
  return address.name ? `${address.name} <${address.email}>` : address.email
}

function refuse(code: string): never {
  throw Object.assign(new Error(`send: ${code}`), { code })
}

export function wrapEmail(core: Core, emails: RecordedEmail[]): SendEmail {
  async function send(message: EmailMessage | EmailMessageBuilder): Promise<EmailSendResult> {
    core.counts.emails += 1
    return core.invocation.connect(() =>
      core.faults.aroundEmail(async () => {
        // A raw MIME message would have to be parsed for its subject and body.
        if (!('subject' in message)) return refuse('E_FIELD_MISSING')
        const { to = [], cc = [], bcc = [], from, subject, text = '', html = '', headers = {} } = message
        const recipients = [to, cc, bcc].flat()
        if (recipients.length === 0) refuse('E_FIELD_MISSING')
        if (recipients.length > RECIPIENTS_MAX) refuse('E_TOO_MANY_RECIPIENTS')
        if (new TextEncoder().encode(subject + text + html).byteLength > MESSAGE_BYTES_MAX) refuse('E_CONTENT_TOO_LARGE')
        if (Object.keys(headers).some((name) => !HEADER_ALLOWED.test(name))) refuse('E_HEADER_NOT_ALLOWED')
        emails.push({ to: recipients.map(toText).join(', '), from: toText(from), subject, text, html, headers: { ...headers } })
        return { messageId: `<${emails.length}@platform.test>` }
      }),
    )
  }
  return { send } as SendEmail
}
