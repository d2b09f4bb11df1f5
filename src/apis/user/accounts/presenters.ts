/** Replies about accounts. */
import * as z from 'zod'
import { OwnUser } from '../profile/presenters.ts'
import { ok } from '../replies.ts'

export const CreateUserReply = ok(z.strictObject({ user: OwnUser }))
export const VerifyEmailReply = ok(z.string())
export const CodeReply = ok(z.strictObject({ target: z.string() }))
