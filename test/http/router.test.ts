import type { H, RouterRoute } from 'hono/types'
import { expect, test } from 'vitest'
import { anyone } from '../../src/http/access.ts'
import { Router } from '../../src/http/router.ts'

const handler: H = () => undefined
const route = (path: string, by: H = handler): [H, RouterRoute] => [by, { basePath: '/', path, method: 'GET', handler: by }]

function routerOf(...paths: string[]): Router {
  const router = new Router()
  for (const path of paths) router.add('GET', path, route(path))
  return router
}

test('only registered paths without parameters are remembered, so requests cannot fill the memory', () => {
  const router = routerOf('/*', '/users/me', '/users/:id')
  const isRemembered = (method: string, path: string) => {
    const first = router.match(method, path)
    return router.match(method, path) === first
  }
  expect(isRemembered('GET', '/users/me')).toBe(true)
  expect(isRemembered('FETCH', '/users/me')).toBe(false)
  for (const path of ['/users/1', '/elsewhere', '/users/:id']) expect([path, isRemembered('GET', path)]).toEqual([path, false])
})

test('a parameter has the value of its own request', () => {
  const router = routerOf('/users/:id')
  const idOf = (path: string) => router.match('GET', path)[0][0]?.[1]
  expect([idOf('/users/1'), idOf('/users/2')]).toEqual([{ id: '1' }, { id: '2' }])
})

test('what only declares something takes no part in a request', () => {
  const router = routerOf('/open')
  router.add('GET', '/open', route('/open', anyone() as H))
  expect(router.match('GET', '/open')[0].map(([[by]]) => by)).toEqual([handler])
})
