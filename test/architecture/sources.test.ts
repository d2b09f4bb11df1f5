// The house rules that a compiler does not know (design §3): who imports whom, how long a file is, what it is called.
/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest'

const files = Object.entries(import.meta.glob<string>('../../src/**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true })).map(
  ([path, text]) => ({ path: path.replace('../../src/', ''), text }),
)

/** What a layer may import besides itself. Nothing imports upwards or sideways. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  index: ['app', 'context', 'http', 'config', 'core', 'crypto'],
  app: ['rooms', 'apis', 'pages', 'http', 'core'],
  rooms: ['apis', 'http'],
  // Runs at build time: nothing in the Worker imports it.
  openapi: ['rooms', 'http', 'core'],
  // Where the bindings become what the layers work with.
  context: ['config', 'core', 'crypto', 'ids', 'mail', 'store', 'texts'],
  apis: ['http', 'core', 'config', 'ids', 'crypto'],
  pages: ['http', 'core', 'config', 'ids', 'crypto', 'mail', 'texts'],
  // Runs in the browser. The Worker knows only the file that it is bundled into.
  browser: [],
  http: ['core', 'texts', 'config', 'ids', 'crypto'],
  core: ['mail', 'store', 'texts', 'config', 'ids', 'crypto'],
  mail: ['store', 'texts', 'config', 'ids', 'crypto'],
  store: ['config', 'ids', 'crypto'],
  texts: [],
  config: ['crypto'],
  ids: [],
  crypto: [],
}
/** Packages by layer; a layer that is not listed has none. node:, cloudflare: and packages such as jose are checked by name. */
const MAY_USE: Readonly<Record<string, RegExp>> = {
  app: /^hono$/,
  openapi: /^(hono|zod)$/,
  apis: /^(hono(\/.*)?|zod)$/,
  pages: /^(hono(\/.*)?|uqr|zod)$/,
  browser: /^@simplewebauthn\/browser$/,
  http: /^(hono(\/.*)?|@hono\/zod-validator|zod|content-disposition|range-parser)$/,
  core: /^(zod|jose|oauth4webapi|@simplewebauthn\/server(\/helpers)?|otpauth\/bare|aws4|client-zip|bcryptjs|(argon2id|@stablelib|@noble\/hashes)\/.+|node:async_hooks|node:crypto|node:zlib)$/,
  mail: /^(zod|aws4)$/,
  store: /^drizzle-orm(\/(sqlite-core|casing))?$/,
  config: /^zod$/,
  crypto: /^node:crypto$/,
}
const LINES_MAX = 250
const isData = (path: string) => path === 'core/accounts/common-passwords.ts' || /^texts\/[a-z]{2}(-[a-z]+)?\.ts$/.test(path)

const layerOf = (path: string) =>
  (path.split('/')[0] ?? '').replace(/(-vars|-brand|-mail|-metrics|-sign-up|-problems|-upstream|-keys|-lifetimes|-words)?\.tsx?$/, '')

function importsOf({ path, text }: { path: string; text: string }): { from: string; target: string; isPackage: boolean }[] {
  const specifiers = [...text.matchAll(/^(?:import|export)\s[^'"`;]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm)]
  return specifiers.map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? ''
    if (!name.startsWith('.')) return { from: path, target: name, isPackage: true }
    return { from: path, target: new URL(name, `file:///src/${path}`).pathname.replace('/src/', ''), isPackage: false }
  })
}

const imports = files.flatMap(importsOf)

describe('sources', () => {
  test('the glob sees the whole of src', () => {
    expect(files.length).toBeGreaterThan(80)
    expect(imports.length).toBeGreaterThan(300)
  })

  test('imports go down: index, app, apis and pages, http, core, mail, store', () => {
    const upwards = imports.filter(({ from, target, isPackage }) => {
      const [layer, other] = [layerOf(from), layerOf(target)]
      // Files of data: the list of migrations, and the bundled script.
      if (target.endsWith('.json')) return layer !== (other === 'browser' ? 'pages' : 'store')
      return !isPackage && layer !== other && !MAY_IMPORT[layer]?.includes(other)
    })
    expect(upwards.map(({ from, target }) => `${from} -> ${target}`)).toEqual([])
  })

  test('no file imports itself by way of others', () => {
    let circle = imports.filter(({ isPackage }) => !isPackage)
    for (let before = 0; before !== circle.length; ) {
      before = circle.length
      const [importers, imported] = [new Set(circle.map(({ from }) => from)), new Set(circle.map(({ target }) => target))]
      circle = circle.filter(({ from, target }) => importers.has(target) && imported.has(from))
    }
    expect(circle.map(({ from, target }) => `${from} -> ${target}`)).toEqual([])
  })

  test('the core knows no Hono and no drizzle, the store nothing but drizzle', () => {
    const foreign = imports.filter(({ from, target, isPackage }) => isPackage && !MAY_USE[layerOf(from)]?.test(target))
    expect(foreign.map(({ from, target }) => `${from} uses ${target}`)).toEqual([])
  })

  test('what only some ways to sign in need is loaded when it is needed', () => {
    const atStart = /^import (?!type )[^;']*? from '(oauth4webapi|@simplewebauthn\/server|bcryptjs|argon2id|@stablelib|@noble)[^']*'/m
    expect(files.filter(({ text }) => atStart.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('only config, ids and crypto lie beside index, app, rooms and context at the root', () => {
    const root = files.map(({ path }) => path).filter((path) => !path.includes('/'))
    expect(root.sort()).toEqual([
      'app.ts',
      'config-brand.ts',
      'config-keys.ts',
      'config-lifetimes.ts',
      'config-mail.ts',
      'config-metrics.ts',
      'config-problems.ts',
      'config-sign-up.ts',
      'config-upstream.ts',
      'config-vars.ts',
      'config-words.ts',
      'config.ts',
      'context.ts',
      'crypto.ts',
      'ids.ts',
      'index.ts',
      'rooms.ts',
    ])
  })

  test(`no file is longer than ${LINES_MAX} lines, data excepted`, () => {
    const long = files.filter(({ path, text }) => !isData(path) && text.trimEnd().split('\n').length > LINES_MAX)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  test('every file says in its first lines what it is', () => {
    expect(files.filter(({ text }) => !/^\/\*\*\s[\s\S]{20,}?\*\//.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('no file is named after what it is not', () => {
    const vague = files.filter(({ path }) => /utils?|helpers?|common(?!-passwords)|managers?|services?/.test(path))
    expect(vague.map(({ path }) => path)).toEqual([])
  })

  test('no SQL is spliced, no code made of text', () => {
    const forbidden = /\bsql\.raw\(|\beval\(|new Function\(|\.exec\(`|Math\.random\(/
    expect(files.filter(({ text }) => forbidden.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('zod comes as a namespace, which keeps the bundle small', () => {
    expect(files.filter(({ text }) => /import \{[^}]*\bz\b[^}]*\} from 'zod'/.test(text)).map(({ path }) => path)).toEqual([])
  })
})
