/** `/admin/invite-codes/revoke`: asks once. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { getIssuedCode, revokeCode } from '../../../core/admin/invite-codes.ts'
import { rankError } from '../../../core/admin/rank.ts'
import type { Gate } from '../../../core/gate.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { toHex } from '../../../ids.ts'
import { form } from '../../form-token.ts'
import { type FormState, UNTOUCHED } from '../../forms.tsx'
import { Isolated } from '../../isolated.tsx'
import { redirectWith } from '../../notices.ts'
import { Filled, textsOf } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { queryOf, wanted } from '../wanted.ts'

const SECTION = '/admin/invite-codes'
const PATH = `${SECTION}/revoke`

const wantedCode = (c: Context) => wanted(c, 'code', z.string().max(128))

export const inviteCodeRevocation = new Hono<AppEnv>()
  .get(PATH, requires('admin:profile:write'), (c) => ask(c, c.var.gate, UNTOUCHED))
  .post(PATH, requires('admin:profile:write'), form('invite-code-revoke', z.object({})), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      act: async () => {
        await revokeCode(c.var.ctx, c.var.gate, wantedCode(c))
        return redirectWith(c, SECTION, 'invite_code_revoked')
      },
      again: (state) => ask(c, c.var.gate, state),
    }),
  )

async function ask(c: Context, gate: Gate, state: FormState): Promise<Response> {
  const { code: row, isBelow } = await getIssuedCode(gate, wantedCode(c))
  const { code, usedBy, revokedAt, ownerId, ownerName } = row
  if (!state.error) {
    // The list says what has become of it.
    if (usedBy !== null || revokedAt !== null) return c.redirect(SECTION + queryOf('q', code), 303)
    if (!isBelow) throw rankError()
  }
  const t = (await textsOf(c)).console.inviteCodes
  const named = (
    <strong>
      <Isolated>{ownerName === null ? toHex(ownerId) : `@${ownerName}`}</Isolated>
    </strong>
  )
  return showConfirmation(c, {
    section: SECTION,
    title: t.revokeTitle,
    lead: <Filled text={t.revokeLead} with={{ code: <code>{code}</code>, name: named }} />,
    action: PATH + queryOf('code', code),
    purpose: 'invite-code-revoke',
    submit: t.revokeSubmit,
    back: SECTION,
    isDangerous: true,
    state: { ...state, words: { invite_code_invalid: t.alreadyUsed } },
  })
}
