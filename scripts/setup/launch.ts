/** After the deployment: whether Kith serves at its address, and its first administrator. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Refusal, ROOT } from '../local.ts'
import type { Answers } from './answers.ts'
import type { Prompts } from './prompts.ts'

const EVERY_MS = 3_000

/** Waits until Kith is up at its address: a new domain takes some minutes. */
export async function untilUp(origin: string, waitSeconds: number): Promise<void> {
  console.log(`\n> waiting for ${origin}/health (a new domain and its certificate take a few minutes)`)
  let last = 'no answer'
  for (const end = Date.now() + waitSeconds * 1_000; ; ) {
    const reply = await fetch(`${origin}/health`, { signal: AbortSignal.timeout(10_000) }).catch((error: Error) => error)
    if (!(reply instanceof Response)) last = reply.cause instanceof Error ? reply.cause.message : reply.message
    else {
      const body = (await reply.json().catch(() => ({}))) as { status?: string; error?: string; problems?: string[]; reason?: string }
      if (reply.ok && body.status === 'UP') return
      last = `status ${reply.status}${body.reason ? `: ${body.reason}` : ''}`
      if (body.error === 'not_configured')
        throw new Refusal(`Kith is deployed, but refuses to serve:\n\n  ${(body.problems ?? []).join('\n  ')}`)
    }
    if (Date.now() >= end) break
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
  throw new Refusal(`Kith is deployed, but ${origin}/health is not up yet (${last}).
docs/deploy.md, "The manual way", says what each answer means. Run npm run setup again to continue.`)
}

/** Promotes the account, which must exist: a person signs up first, and so sees that mail arrives. */
export async function makeAdministrator({ origin, admin }: Answers, prompts: Prompts | null): Promise<boolean> {
  if (admin === '') return false
  for (;;) {
    console.log(`\n> npm run operator -- promote ${admin} --remote`)
    const { code, output } = await promote(admin)
    console.log(output.trimEnd())
    if (code === 0) return true
    if (!/No user has|has not verified/.test(output))
      throw new Refusal(`The account was not promoted. Run npm run setup again to continue.`)
    if (!prompts) return false
    console.log(`\nCreate the account at ${origin}/sign-up and enter the code from the mail.`)
    console.log('If no mail arrives, npx wrangler tail shows why (mail.postponed).')
    if ((await prompts.ask('Press Enter once it is verified, or type l to do it later')).toLowerCase().startsWith('l')) return false
  }
}

function promote(address: string): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'operator.ts'), 'promote', address, '--remote'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code: code ?? 1, output })))
}
