/** The box that says that somebody accepts the operator's terms, of the version that the page links to. */
import type { Context } from 'hono'
import * as z from 'zod'
import type { Ctx } from '../core/ctx.ts'
import type { RefusedField } from '../core/errors.ts'
import { type FormState, issuesOf } from './form-state.ts'
import type { Typed } from './form-token.ts'
import { Filled, useTexts } from './texts.tsx'

const NAME = 'termsVersion'

export const termsField = { [NAME]: z.string().max(40, 'is not the current version').optional() }

/** Where there are terms to accept, the box must be ticked. */
export function termsDemands({ config }: Ctx, { [NAME]: version }: Typed): RefusedField[] {
  if (config.signUp.termsVersion === '' || version !== undefined) return []
  return [{ path: NAME, code: 'required', message: 'is required' }]
}

export function TermsField({ c, state }: { c: Context; state: FormState }) {
  const t = useTexts()
  const { signUp, brand } = (c.var.ctx as Ctx).config
  if (signUp.termsVersion === '') return null
  const issue = issuesOf(t, state, t.signUp.fields).find(({ name }) => name === NAME)
  return (
    <div class="field">
      {issue && (
        <p class="error" id={`${NAME}-error`}>
          {issue.text}
        </p>
      )}
      <label class="choice">
        <input
          type="checkbox"
          id={NAME}
          name={NAME}
          value={signUp.termsVersion}
          required
          checked={state.typed[NAME] === signUp.termsVersion}
          {...(issue ? { 'aria-invalid': 'true', 'aria-describedby': `${NAME}-error` } : {})}
        />
        <span>
          <Filled text={t.signUp.acceptTerms} with={{ terms: <a href={brand.termsUrl}>{t.signUp.terms}</a> }} />
        </span>
      </label>
    </div>
  )
}
