/** The check that tells people from programs, inside a form; nothing where the operator has not set it up. */
import type { Context } from 'hono'
import * as z from 'zod'
import { BOT_CHECK_FIELD, type BotCheckAction } from '../core/bot-check.ts'
import { useTexts } from './texts.tsx'

/** The answer, as the widget adds it to its form. */
export const botCheckField = { [BOT_CHECK_FIELD]: z.string().optional() }

interface BotCheckProps {
  readonly c: Context
  readonly action: BotCheckAction
}

/** The page needs `hasBotCheck`. */
export function BotCheck({ c, action }: BotCheckProps) {
  const t = useTexts()
  const { botCheck } = c.var.ctx.config
  if (botCheck === null) return null
  return (
    <>
      <div
        class="cf-turnstile"
        data-sitekey={botCheck.siteKey}
        data-action={action}
        data-language={t.locale.toLowerCase()}
        data-theme="auto"
        data-size="flexible"
      />
      <noscript>
        <p class="hint">{t.signUp.botCheckNeedsScript}</p>
      </noscript>
    </>
  )
}
