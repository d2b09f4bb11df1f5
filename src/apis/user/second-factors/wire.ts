/** Requests about second factors. */
import * as z from 'zod'
import * as fields from '../../../core/fields.ts'

export const TotpCodeBody = z.strictObject({ code: fields.totpCode })
