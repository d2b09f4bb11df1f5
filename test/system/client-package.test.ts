// The package @kith/client as npm packs it: what is in it, that every entry can be imported and has types, and what it adds to a page.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from './project.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const CORE_KIB_MAX = 12
const WHOLE_KIB_MAX = 17
const APP = mkdtempSync(join(tmpdir(), 'kith-app-'))
const PACKAGE = join(APP, 'node_modules', '@kith', 'client')

const project = new Project()
let packed: string[] = []
const { exports, dependencies, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'client', 'package.json'), 'utf8'))
/** The entries that are modules. */
const ENTRIES = Object.keys(exports).filter((name) => exports[name].endsWith('.js'))

/** An app that has installed the package. */
beforeAll(async () => {
  const { code, output } = await project.run('npm', ['pack', '-w', 'client', '--silent'])
  expect(code, output).toBe(0)
  const archive = output.trim().split('\n').at(-1) ?? ''
  mkdirSync(PACKAGE, { recursive: true })
  execFileSync('tar', ['-xzf', join(project.folder, archive), '-C', PACKAGE, '--strip-components=1'])
  packed = execFileSync('tar', ['-tzf', join(project.folder, archive)], { encoding: 'utf8' })
    .trim()
    .split('\n')
  const types = [
    'react',
    'express',
    'express-serve-static-core',
    'serve-static',
    'node',
    'qs',
    'send',
    'http-errors',
    'mime',
    'range-parser',
    'connect',
    'body-parser',
  ]
  const needed = [
    ...Object.keys({ ...dependencies, ...peerDependencies }),
    'openapi-typescript-helpers',
    ...types.map((name) => `@types/${name}`),
    'csstype',
  ]
  for (const name of needed) {
    const link = join(APP, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), link, 'junction')
  }
  writeFileSync(join(APP, 'package.json'), '{ "type": "module" }')
}, 300_000)
afterAll(async () => {
  rmSync(APP, { recursive: true, force: true })
  await project.remove()
})

test('holds what is built, the licence and the README, and nothing else', () => {
  const files = packed.map((path) => path.replace(/^package\//, ''))
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']))
  const others = files.filter((path) => !path.startsWith('dist/'))
  expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json'])
  expect(files.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts|css)$/.test(path))).toEqual([])
  expect(readFileSync(join(PACKAGE, 'LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'))
})

test('every entry can be imported, on a server too', () => {
  const imports = ENTRIES.map((name) => `await import('@kith/client${name.slice(1)}')`).join('\n')
  execFileSync(process.execPath, ['--input-type=module', '--eval', imports], { cwd: APP, stdio: 'pipe' })
  for (const [name, target] of Object.entries<string>(exports)) {
    if (!name.includes('*')) expect(packed, name).toContain(`package/${target.slice(2)}`)
  }
})

test.each(['bundler', 'nodenext'])('every entry has types (moduleResolution %s)', (moduleResolution) => {
  const lines = ENTRIES.map((name, i) => `import * as m${i} from '@kith/client${name.slice(1)}'\nexport const n${i}: object = m${i}`)
  const use = `import { createKith, KithError } from '@kith/client'
    export const kith = createKith({ origin: 'https://id.example.com', clientId: 'app' })
    export async function nameOf(): Promise<string | null> {
      try { return (await kith.get('/user/me')).user.firstName }
      catch (error) { if (error instanceof KithError && error.kind === 'refused') return error.fields.firstName ?? null; throw error }
    }
    // @ts-expect-error no such operation
    kith.get('/user/nobody-knows')
    import type { paths } from '@kith/client/types/mxit'
    export type Mxit = keyof paths`
  writeFileSync(join(APP, 'app.ts'), [...lines, use].join('\n'))
  const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext'
  const options = { strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ['es2022', 'dom', 'dom.iterable'] }
  writeFileSync(
    join(APP, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, module, moduleResolution }, include: ['app.ts'] }),
  )
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', APP], {
    encoding: 'utf8',
  })
  expect(status, stdout).toBe(0)
})

test(`adds at most ${CORE_KIB_MAX} KiB to what a page waits for, and ${WHOLE_KIB_MAX} KiB in all`, async () => {
  const entryPoints = [join(PACKAGE, 'dist', 'index.js')]
  const options = { bundle: true, minify: true, splitting: true, format: 'esm', target: 'es2022', write: false, metafile: true } as const
  const { outputFiles, metafile } = await build({ ...options, entryPoints, outdir: APP, absWorkingDir: APP })
  const sizes = new Map(outputFiles.map(({ path, contents }) => [path, gzipSync(contents, { level: 9 }).length / 1_024]))
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [join(APP, path), output]))
  const core = new Set<string>()
  const add = (path: string) => {
    core.add(path)
    for (const { path: to, kind } of outputs.get(path)?.imports ?? []) if (kind === 'import-statement') add(join(APP, to))
  }
  add(join(APP, 'index.js'))
  const kib = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + (sizes.get(path) ?? Number.NaN), 0)
  const [coreKib, wholeKib] = [kib(core), kib(sizes.keys())]
  console.log(`@kith/client in a page, gzip: core ${coreKib.toFixed(1)} KiB, and ${(wholeKib - coreKib).toFixed(1)} KiB loaded beside it`)
  expect(coreKib).toBeLessThanOrEqual(CORE_KIB_MAX)
  expect(wholeKib).toBeLessThanOrEqual(WHOLE_KIB_MAX)
})
