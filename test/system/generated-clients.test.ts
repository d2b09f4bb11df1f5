// Clients that public generators make from the API document: they compile under strict TypeScript, and work against a running
// Kith. The generators come from npm, in these versions, into a folder of their own: Kith itself does not need them.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { GENERATORS } from './generated-clients.ts'
import { Project, type Server } from './project.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PACKAGES = {
  '@hey-api/openapi-ts': '0.99.0',
  '@redocly/cli': '2.77.0',
  esbuild: '0.25.12',
  'openapi-fetch': '0.17.0',
  'openapi-typescript': '7.13.0',
  orval: '8.38.0',
  typescript: '5.9.3',
}
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
const STRICT = {
  compilerOptions: {
    ...{ strict: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ target: 'es2022', module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom', 'dom.iterable'] },
  },
  include: ['*.program.ts'],
}
const ROOMS = ['user', 'oauth', 'mirrorfly', 'movida', 'mxit', 'epixel']
const NAMES = Object.keys(GENERATORS)

let project: Project
let server: Server

/** Runs a program of a package in the folder of the clients. */
const run = (program: string, args: readonly string[], env: Record<string, string> = {}) =>
  project.run(process.execPath, [`node_modules/${program}`, ...args], env, 'clients')

beforeAll(async () => {
  project = new Project()
  project.begin(inject('demo'))
  const folder = join(project.folder, 'clients')
  mkdirSync(folder)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('package.json', JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES }))
  for (const room of ROOMS) copyFileSync(join(ROOT, 'assets', 'openapi', `${room}.json`), join(folder, `${room}.json`))
  write('tsconfig.json', JSON.stringify(STRICT))
  write('redocly.yaml', 'extends: [recommended]\n')
  for (const [name, { program }] of Object.entries(GENERATORS)) write(`${name}.program.ts`, program)
  const [installed, started] = await Promise.all([project.run('npm', INSTALL, {}, 'clients'), project.start()])
  expect(installed.code, installed.output).toBe(0)
  server = started
  // The generator makes one function for a body of two types, and can send only one: files by a form.
  const override = { contentType: { exclude: ['application/octet-stream'] } }
  const output = { target: './orval.ts', client: 'fetch', baseUrl: server.origin, override }
  write('orval.config.cjs', `module.exports = ${JSON.stringify({ kith: { input: { target: './user.json' }, output } })}\n`)
})
afterAll(() => project?.remove())

test.each(ROOMS)('@redocly/cli finds no error in the document of %s', async (room) => {
  const { code, output } = await run('@redocly/cli/bin/cli.js', ['lint', `${room}.json`], { REDOCLY_TELEMETRY: 'off' })
  expect(code, output).toBe(0)
  expect(output).toContain(`Your API description is valid`)
})

test.each(NAMES)('%s makes a client of the document', async (name) => {
  const { bin, args } = GENERATORS[name] ?? { bin: '', args: [] }
  const { code, output } = await run(bin, args)
  expect(code, output).toBe(0)
})

test('the clients compile under strict TypeScript, in programs that use them', async () => {
  expect(await run('typescript/bin/tsc', ['-p', '.'])).toEqual({ code: 0, output: '' })
})

test.each(NAMES)('the client of %s does ten operations', async (name) => {
  const bundle = [`${name}.program.ts`, '--bundle', '--format=esm', '--platform=node', `--outfile=${name}.js`, '--log-level=error']
  expect(await run('esbuild/bin/esbuild', bundle)).toEqual({ code: 0, output: '' })
  const { users } = project.demo()
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ username: 'alice_demo', password: users.alice_demo.password })
  const reply = await fetch(`${server.origin}/user/login`, { method: 'POST', headers, body })
  const cookie = reply.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const env = { KITH: server.origin, COOKIE: cookie, TARGET: users.bob_demo.id }
  const { code, output } = await project.run(process.execPath, [`${name}.js`], env, 'clients')
  expect(code, output).toBe(0)
  const [bio, folder] = GENERATORS[name]?.says ?? []
  const followed = ['following', 1, false, 1, 1]
  expect(JSON.parse(output)).toEqual(['alice_demo', bio, 'bob_demo', ...followed, folder, true, 1, 'NotFound'])
})
