/** Sign-ins at a stand-in, through the two functions of the protocol. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { expect } from 'vitest'
import type { Bindings } from '../../../src/config.ts'
import { buildRequestContext } from '../../../src/context.ts'
import type { Ctx } from '../../../src/core/ctx.ts'
import { AppError } from '../../../src/core/errors.ts'
import { beginUpstream, finishUpstream, type UpstreamIntent } from '../../../src/core/upstream/protocol.ts'
import { ORIGIN, platform, toEnv } from '../../support/kith.ts'
import type { StandIn } from '../../support/upstream.ts'

export const SIGN_IN: UpstreamIntent = { kind: 'sign_in', returnTo: null }

/** Runs `work` as one request, with what it defers. */
export async function request<Result>(env: Partial<Bindings>, work: (ctx: Ctx) => Promise<Result>): Promise<Result> {
  const executionCtx = createExecutionContext()
  platform.beginInvocation()
  try {
    return await work(buildRequestContext(toEnv(env), executionCtx, new Request(ORIGIN)))
  } finally {
    await waitOnExecutionContext(executionCtx)
  }
}

export const begin = (provider: StandIn, intent = SIGN_IN, env = provider.env) =>
  request(env, (ctx) => beginUpstream(ctx, provider.id, intent))

export const finish = (provider: StandIn, answer: { params: URLSearchParams; cookie: string | undefined }, env = provider.env) =>
  request(env, (ctx) => finishUpstream(ctx, provider.id, answer))

/** A whole sign-in. */
export async function signIn(provider: StandIn, about?: Parameters<StandIn['visit']>[1], env = provider.env) {
  const { url, cookie } = await begin(provider, SIGN_IN, env)
  return finish(provider, { params: provider.visit(url, about), cookie }, env)
}

/** The refusal that a promise ends with. */
export async function refusal(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}
