/** Why a file was not stored, in words for whoever has sent it. */
import type { Config } from '../../config.ts'
import type { AppError } from '../../core/errors.ts'
import { bytes, fill, number, type Texts } from '../../texts/texts.ts'
import { OUT_OF_DATE } from '../form-token.ts'

export function refusalText(t: Texts, { media }: Config, error: AppError): string {
  const { refused } = t.files
  if (error.reason === OUT_OF_DATE) return refused.outOfDate
  switch (error.code) {
    case 'payload_too_large':
      return fill(refused.tooLarge, { size: bytes(t, media.uploadBytesMax) })
    case 'quota_exceeded':
      if (error.reason === 'files') return fill(refused.tooManyFiles, { count: number(t, media.filesPerUser) })
      return refused.noSpace
    case 'not_found':
      return refused.folderGone
    case 'account_restricted':
    case 'insufficient_scope':
      return refused.restricted
    case 'request_timeout':
    case 'invalid_request':
      return refused.broken
    case 'unauthenticated':
      return t.files.upload.signedOut
    case 'temporarily_unavailable':
    case 'rate_limited':
      return refused.later
    default:
      return refused.unknown
  }
}
