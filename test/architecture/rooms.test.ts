// Every route of a room can be reached.
/// <reference types="vite/types/importMeta.d.ts" />
import { Hono } from 'hono'
import { expect, test } from 'vitest'

const modules = Object.entries(import.meta.glob<Record<string, unknown>>('../../src/apis/**/*.ts', { eager: true })).map(
  ([path, exported]) => ({ path: path.replace('../../', ''), exported }),
)

/** What a module exports as routes: apps of Hono, and the app of a `Room`. */
const appsOf = (exported: Record<string, unknown>): Hono[] =>
  Object.values(exported).flatMap((value) => {
    const app = value instanceof Hono ? value : (value as { app?: unknown } | null)?.app
    return app instanceof Hono ? [app] : []
  })
/** Mounting keeps the functions that handle requests, under whatever path. */
const handlersOf = (apps: readonly Hono[]) => apps.flatMap(({ routes }) => routes.map(({ handler }) => handler))

test('every file of routes is mounted by the index of its room', () => {
  const unmounted: string[] = []
  let files = 0
  for (const { path, exported } of modules) {
    const index = path.replace(/^(src\/apis\/[^/]+)\/.*/, '$1/index.ts')
    const groups = appsOf(exported)
    if (path === index || groups.length === 0) continue
    files += 1
    const mounted = new Set(handlersOf(appsOf(modules.find((one) => one.path === index)?.exported ?? {})))
    if (!handlersOf(groups).every((handler) => mounted.has(handler))) unmounted.push(`${path}: add its routes to GROUPS of ${index}`)
  }
  expect(files).toBeGreaterThan(50)
  expect(unmounted).toEqual([])
})
