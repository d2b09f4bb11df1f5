/**
 * `npm run assets`: fills `assets/` with static files: the viewer of /docs from its package, the OpenAPI documents,
 * generated from the routes, and the guides, from `docs/`. Bundles the scripts of the pages, which the Worker serves itself. `npm start`, `npm run build`
 * and `npm run deploy` run it first.
 */
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { readPages } from './guides/pages.ts'
import { type ApiDocument, siteOf } from './guides/site.ts'
import { main, ROOT } from './local.ts'

const PACKAGE = join(ROOT, 'node_modules', 'swagger-ui-dist')
const ASSETS = join(ROOT, 'assets')
const VIEWER = join(ASSETS, 'docs', 'viewer')
/** What the page loads, and the license files that must ship with it. */
const FILES = ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt']

export async function makeAssets(): Promise<void> {
  copyViewer()
  await bundleScripts()
  await writeCatalogues()
  await writeGuides(await writeDocuments())
}

/** The scripts of the pages, each with what it contains of others. */
const SCRIPTS = { pages: null, passkeys: '@simplewebauthn/browser' } as const

/**
 * Each script of `src/browser/` as one file, in JSON: a string that every bundler can import. The Worker serves the scripts itself,
 * so that a page and its script are always of the same version.
 */
export async function bundleScripts(): Promise<void> {
  const folder = join(ROOT, 'src', 'browser')
  for (const [name, contained] of Object.entries(SCRIPTS)) {
    const { outputFiles } = await build({
      entryPoints: [join(folder, `${name}.ts`)],
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      banner: contained === null ? {} : { js: licenseOf(contained) },
      write: false,
    })
    writeChanged(join(folder, `${name}.json`), JSON.stringify(outputFiles[0]?.text))
  }
}

/** The catalogues of `src/texts/` as JSON, which the Worker carries as modules of text. Removes that of a language that is gone. */
export async function writeCatalogues(): Promise<void> {
  const source = join(ROOT, 'src', 'texts')
  const folder = join(source, 'built')
  mkdirSync(folder, { recursive: true })
  const names = readdirSync(source).flatMap((file) => /^([a-z]{2,3}(-[a-z]+)?)\.ts$/.exec(file)?.[1] ?? [])
  for (const file of readdirSync(folder)) if (!names.includes(file.replace(/\.txt$/, ''))) rmSync(join(folder, file))
  for (const name of names) {
    const [words] = Object.values(await import(join(source, `${name}.ts`)))
    writeChanged(join(folder, `${name}.txt`), JSON.stringify(words))
  }
}

function licenseOf(name: string): string {
  const license = readFileSync(join(ROOT, 'node_modules', name, 'LICENSE.md'), 'utf8').trim()
  return `/*! Contains ${name}.\n${license} */`
}

function copyViewer(): void {
  mkdirSync(VIEWER, { recursive: true })
  for (const name of readdirSync(VIEWER)) if (!FILES.includes(name)) rmSync(join(VIEWER, name), { recursive: true })
  for (const name of FILES) writeChanged(join(VIEWER, name), readFileSync(join(PACKAGE, name)))
}

/** `/openapi/<room>.json`, and the first of them also as `/openapi.json`. Removes the document of a room that is gone. */
async function writeDocuments(): Promise<Readonly<Record<string, ApiDocument>>> {
  const { guideFrom, openApiDocuments } = await import('../src/openapi/documents.ts')
  const folder = join(ASSETS, 'openapi')
  mkdirSync(folder, { recursive: true })
  const documents = openApiDocuments((room) => readGuide(room, guideFrom))
  const texts = Object.entries(documents).map(([room, document]) => [`${room}.json`, JSON.stringify(document)] as const)
  const names: readonly string[] = texts.map(([name]) => name)
  for (const name of readdirSync(folder)) if (!names.includes(name)) rmSync(join(folder, name), { recursive: true })
  for (const [name, text] of texts) writeChanged(join(folder, name), text)
  writeChanged(join(ASSETS, 'openapi.json'), texts[0]?.[1] ?? '')
  return documents as Readonly<Record<string, unknown>> as Readonly<Record<string, ApiDocument>>
}

/** Removes the page of a guide that is gone. */
async function writeGuides(documents: Readonly<Record<string, ApiDocument>>): Promise<void> {
  const files = await siteOf(readPages(), documents)
  mkdirSync(join(ASSETS, 'docs', 'guides', 'reference'), { recursive: true })
  for (const path of globSync('docs/guides/**/*.*', { cwd: ASSETS })) if (!files.has(path)) rmSync(join(ASSETS, path))
  for (const [path, text] of files) writeChanged(join(ASSETS, path), text)
}

/** Leaves unchanged files alone, so that whoever serves or copies the folder meanwhile never sees one half written. */
function writeChanged(path: string, content: string | Buffer): void {
  if (!existsSync(path) || !readFileSync(path).equals(Buffer.from(content))) writeFileSync(path, content)
}

/** What a room's document says before its operations: for Kith's own API, the sections of `docs/http.md`. */
function readGuide(room: string, guideFrom: (page: string) => string): string | undefined {
  const path = room === 'user' ? join(ROOT, 'docs', 'http.md') : join(ROOT, 'src', 'openapi', 'guides', `${room}.md`)
  return existsSync(path) ? guideFrom(readFileSync(path, 'utf8')) : undefined
}

if (import.meta.main) await main(makeAssets)
