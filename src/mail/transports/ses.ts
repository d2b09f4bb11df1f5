/** Amazon SES: `SendEmail` of its API v2, signed with AWS Signature Version 4 (https://docs.aws.amazon.com/ses/latest/APIReference-V2/). */
import aws4 from 'aws4'
import { parseSender, type Sender } from '../../config-brand.ts'
import type { MailConfig } from '../../config-mail.ts'
import { HEADERS, type Mailer, type RefusalReason, refuseControlCharacters } from '../mailer.ts'
import { type Answer, mailboxOf, post, refusalOf } from './request.ts'

const PATH = '/v2/email/outbound-emails'
const CHARSET = 'UTF-8'

/** By the type of the exception; others by the status. */
const REASONS: Readonly<Record<string, RefusalReason>> = {
  AccountSuspendedException: 'sender_refused',
  SendingPausedException: 'sender_refused',
  MailFromDomainNotVerifiedException: 'sender_refused',
  NotFoundException: 'sender_refused',
  NotVerified: 'sender_refused',
  LimitExceededException: 'limit_reached',
  TooManyRequestsException: 'limit_reached',
  MessageRejected: 'message_refused',
  BadRequestException: 'message_refused',
}

export function sesMailer({ apiKey, apiUrl, from, region, accessKeyId }: MailConfig): Mailer {
  const sender = senderOf(parseSender(from))
  const url = new URL(`${apiUrl || `https://email.${region}.amazonaws.com`}${PATH}`)
  const headers = Object.entries(HEADERS).map(([Name, Value]) => ({ Name, Value }))
  const text = (Data: string) => ({ Data, Charset: CHARSET })
  return {
    async send(_id, message) {
      refuseControlCharacters(from, message.to, message.subject)
      const body = JSON.stringify({
        FromEmailAddress: sender,
        Destination: { ToAddresses: [message.to] },
        Content: {
          Simple: {
            Subject: text(message.subject),
            Body: { Text: text(message.text), Html: text(message.html) },
            Headers: headers,
          },
        },
      })
      const request = { service: 'ses', region, method: 'POST', host: url.host, path: url.pathname, body }
      const signed = aws4.sign({ ...request, headers: { 'Content-Type': 'application/json' } }, { accessKeyId, secretAccessKey: apiKey })
      const { Host: _host, 'Content-Length': _length, ...sent } = signed.headers as Record<string, string>
      const answer = await post({ url: url.href, headers: sent, body })
      if (answer.status === 200 && typeof answer.json.MessageId === 'string') return
      throw refusalOf(answer, exceptionOf(answer), REASONS)
    },
  }
}

/** `MessageRejected:http://...` of the header. In the sandbox, that is also what a sender or recipient gets that is not verified. */
function exceptionOf({ headers, json }: Answer): string {
  const [type = ''] = (headers.get('x-amzn-errortype') ?? '').split(':')
  return type === 'MessageRejected' && /not verified/i.test(String(json.message ?? json.Message)) ? 'NotVerified' : type
}

/** SES takes only ASCII in a header: another name is sent in encoded words (RFC 2047), each of at most 75 characters. */
function senderOf({ name, email }: Sender): string {
  if (name === null || /^[\x20-\x7e]*$/.test(name)) return mailboxOf({ name, email })
  const words: string[] = []
  let word = ''
  for (const char of name) {
    if (Buffer.byteLength(word + char) > 45) words.push(word)
    word = Buffer.byteLength(word + char) > 45 ? char : word + char
  }
  const encoded = [...words, word].map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`)
  return `${encoded.join(' ')} <${email}>`
}
