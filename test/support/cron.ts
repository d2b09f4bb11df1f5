/** The cron trigger, as the runtime fires it: the sweep sends the remaining mails. */
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import type { Bindings } from '../../src/config.ts'
import worker from '../../src/index.ts'
import { platform } from './kith.ts'

export async function runCron(env: Bindings = platform.env): Promise<void> {
  const executionCtx = createExecutionContext()
  platform.beginInvocation()
  await worker.scheduled(createScheduledController(), env, executionCtx)
  await waitOnExecutionContext(executionCtx)
}
