/** How mails leave: by Email Service, by another provider's API, or into a mailbox for development. */
import * as z from 'zod'

const KINDS = ['email-service', 'resend', 'postmark', 'ses', 'relay', 'capture'] as const

export const mailVars = {
  MAIL: z.enum(KINDS).default('email-service'),
  MAIL_FROM: z
    .string({ error: 'is missing' })
    .min(1, { error: 'is missing', abort: true })
    .regex(/^[^\r\n]*@[^\r\n]+$/, 'must contain an email address'),
  // A header takes no other characters.
  MAIL_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces')
    .default(''),
  MAIL_API_URL: z
    .string()
    .refine((v) => v === '' || (/^https?:\/\/[^?#\s]*[^/?#\s]$/.test(v) && URL.canParse(v)), 'must be a URL without a slash at the end')
    .default(''),
  MAIL_SES_REGION: z
    .string()
    .regex(/^([a-z]{2}(-[a-z]+)+-\d)?$/, 'must be a region such as eu-central-1')
    .default(''),
  MAIL_SES_ACCESS_KEY_ID: z.string().regex(/^\w*$/, 'must be letters and digits').default(''),
}

interface MailVars extends z.output<z.ZodObject<typeof mailVars>> {}

export interface MailConfig {
  readonly kind: MailVars['MAIL']
  /** The sender: `a@b` or `Name <a@b>`. */
  readonly from: string
  /** The provider's secret; for SES, the secret access key. */
  readonly apiKey: string
  /** Where the provider's API is; empty: where it always is. */
  readonly apiUrl: string
  /** Of SES alone. */
  readonly region: string
  readonly accessKeyId: string
}

export function mailOf(vars: MailVars): MailConfig {
  return {
    kind: vars.MAIL,
    from: vars.MAIL_FROM,
    apiKey: vars.MAIL_API_KEY,
    apiUrl: vars.MAIL_API_URL,
    region: vars.MAIL_SES_REGION,
    accessKeyId: vars.MAIL_SES_ACCESS_KEY_ID,
  }
}

const NEEDED = {
  'email-service': [],
  resend: ['MAIL_API_KEY'],
  postmark: ['MAIL_API_KEY'],
  ses: ['MAIL_SES_REGION', 'MAIL_SES_ACCESS_KEY_ID', 'MAIL_API_KEY'],
  relay: ['MAIL_API_URL', 'MAIL_API_KEY'],
  capture: [],
} as const satisfies Record<MailVars['MAIL'], readonly (keyof MailVars)[]>

/** What the chosen kind requires. */
export function mailProblems(vars: Partial<MailVars>): string[] {
  const { MAIL: kind } = vars
  if (kind === undefined) return []
  return NEEDED[kind].filter((name) => vars[name] === '').map((name) => `${name}: is missing (MAIL is ${kind})`)
}
