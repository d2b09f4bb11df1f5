/** Second factors: presenters, schemas and examples. */
import * as z from 'zod'
import type { SecondFactors } from '../../../core/sessions/second-factors.ts'
import type { TotpEnrolment } from '../../../core/sessions/totp-codes.ts'
import { ok } from '../replies.ts'

const SecondFactor = z
  .strictObject({
    method: z.enum(['totp', 'email']),
    since: z.iso.datetime(),
    weakest: z
      .boolean()
      .meta({ description: 'Anyone who can read the mailbox has the code: better than nothing, weaker than an authenticator app' }),
  })
  .meta({ id: 'SecondFactor' })

export const SecondFactorsReply = ok(
  z.strictObject({
    '2faEnabled': z.boolean(),
    methods: z.array(SecondFactor).meta({ description: 'Strongest first' }),
    recoveryCodesLeft: z.int(),
  }),
)

export function toSecondFactors({ factors, unusedRecoveryCodes }: SecondFactors): z.output<typeof SecondFactorsReply>['data'] {
  const methods = factors.map(({ kind, createdAt }) => ({
    method: kind,
    since: new Date(createdAt).toISOString(),
    weakest: kind === 'email',
  }))
  return { '2faEnabled': factors.length > 0, methods, recoveryCodesLeft: unusedRecoveryCodes }
}

export const EXAMPLE_SECOND_FACTORS: z.output<typeof SecondFactorsReply>['data'] = {
  '2faEnabled': true,
  methods: [
    { method: 'totp', since: '2026-09-12T15:50:58.690Z', weakest: false },
    { method: 'email', since: '2026-01-12T15:50:58.690Z', weakest: true },
  ],
  recoveryCodesLeft: 9,
}

export const TotpReply = ok(
  z.strictObject({
    secret: z.string().meta({ description: 'Base32, for typing it into the app' }),
    uri: z.string().meta({ description: 'For a QR code' }),
  }),
)
export const EXAMPLE_TOTP: TotpEnrolment = {
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  uri: 'otpauth://totp/id.example.com:john_doe?issuer=id.example.com&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30',
}

const codes = z.array(z.string())
export const TotpConfirmedReply = ok(
  z.strictObject({ recoveryCodes: codes.nullable().meta({ description: 'Shown once; null if the account already has some' }) }),
)
export const RecoveryCodesReply = ok(z.strictObject({ recoveryCodes: codes.meta({ description: 'Shown once' }) }))
export const EXAMPLE_RECOVERY_CODES = { recoveryCodes: ['k7qa-2mxw-p9tc-hd4e', 'v3ng-8ryu-b6zs-jf5k'] }
