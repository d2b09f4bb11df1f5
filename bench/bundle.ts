// Builds what is measured: the Worker exactly as `wrangler deploy` would upload it, and the floors with esbuild.
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { extname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { bundleScripts, writeCatalogues } from '../scripts/assets.ts'

export const ROOT = join(import.meta.dirname, '..')
/** Of the code; catalogues of texts are beside it, and are read when somebody reads that language. */
export const BUNDLE_GZIP_BYTES_MAX = 600 * 1024
export const TEXTS_GZIP_BYTES_MAX = 45 * 1024
export const LOADING_CPU_MS_MAX = 165
const LOADINGS = 5

/**
 * CPU milliseconds for loading the Worker: the median of several processes. Node has the same engine as the runtime;
 * the runtime's own modules are stubbed out here.
 */
export function loadingCpuMs({ modules }: Bundle, folder: string): number {
  for (const { path, contents } of modules) writeFileSync(join(folder, path), contents)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const program = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve: (name, context, next) => (/^cloudflare:|\\.wasm$/.test(name) ? { url: 'data:text/javascript,export class EmailMessage {};export const env = {};export default {}', shortCircuit: true } : next(name, context)),
    })
    const before = process.cpuUsage()
    await import(${JSON.stringify(pathToFileURL(join(folder, ENTRY)).href)})
    const { user, system } = process.cpuUsage(before)
    console.log((user + system) / 1000)`
  const times = Array.from({ length: LOADINGS }, () =>
    Number(execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], { encoding: 'utf8' })),
  )
  return times.sort((a, b) => a - b)[Math.floor(LOADINGS / 2)] ?? Number.NaN
}

type ModuleType = 'ESModule' | 'CompiledWasm' | 'Text' | 'Data'

export interface BuiltModule {
  type: ModuleType
  path: string
  contents: Uint8Array<ArrayBuffer>
}

/** The entry comes first, as miniflare wants it. */
export interface Bundle {
  modules: BuiltModule[]
  /** Of its code. */
  bytes: number
  gzipBytes: number
  /** Of the largest catalogue of texts. */
  textsGzipBytes: number
}

const MODULE_TYPES: Record<string, ModuleType> = {
  '.js': 'ESModule',
  '.mjs': 'ESModule',
  '.wasm': 'CompiledWasm',
  '.txt': 'Text',
  '.html': 'Text',
  '.sql': 'Text',
  '.bin': 'Data',
}

const ENTRY = 'index.js'

export async function bundleWorker(outdir: string): Promise<Bundle> {
  await bundleScripts()
  await writeCatalogues()
  await runWrangler(['deploy', '--dry-run', '--minify', '--outdir', outdir])
  const modules = readdirSync(outdir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && MODULE_TYPES[extname(entry.name)] !== undefined)
    .map((entry) => toModule(outdir, join(entry.parentPath, entry.name)))
    .sort((a, b) => Number(b.path === ENTRY) - Number(a.path === ENTRY))
  if (modules[0]?.path !== ENTRY) throw new Error(`wrangler wrote no ${ENTRY}`)
  return measured(modules)
}

export const bundleFloors = () => bundleEntry('bench/floors.ts')

const TIMED = 'timed.js'
/** The isolate's own time for a request, from accepting it until the reply is ready. */
export const SERVED_MS = 'x-bench-served-ms'

/** Wraps the Worker to report how long the isolate took. The client's time also includes waiting for the socket. */
export function timed({ modules, ...sizes }: Bundle): Bundle {
  const source = `
    export * from './${ENTRY}'
    import worker from './${ENTRY}'
    export default { ...worker, async fetch(request, env, context) {
      const takenAt = Date.now()
      const reply = await worker.fetch(request, env, context)
      reply.headers.set('${SERVED_MS}', String(Date.now() - takenAt))
      return reply
    } }`
  return { ...sizes, modules: [{ type: 'ESModule', path: TIMED, contents: new Uint8Array(Buffer.from(source)) }, ...modules] }
}

/** The bare Worker of `--media`. */
export const bundleMediaFloor = () => bundleEntry('bench/media-floor.ts')

/** Kith under the counting platform (graph/worker.ts). */
export const bundleGraphWorker = () => bundleEntry('bench/graph/worker.ts')

/** Kith under the counting platform, with files (archive/worker.ts). */
export const bundleArchiveWorker = () => bundleEntry('bench/archive/worker.ts')

/** Kith with its stores far away (distance/worker.ts). */
export const bundleDistanceWorker = () => bundleEntry('bench/distance/worker.ts')

/** Packages that call Node's modules by their old names get those of the runtime, as wrangler arranges it for the Worker. */
const nodeModules: Plugin = {
  name: 'node-modules',
  setup(build) {
    build.onResolve({ filter: /^[a-z_/]+$/ }, ({ path }) => (builtinModules.includes(path) ? { path, namespace: 'node-module' } : null))
    build.onLoad({ filter: /./, namespace: 'node-module' }, ({ path }) => ({
      contents: `export * from 'node:${path}'; export { default } from 'node:${path}'`,
    }))
  },
}

async function bundleEntry(entry: string): Promise<Bundle> {
  const built = await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'cloudflare:*'],
    plugins: [nodeModules],
    loader: { '.wasm': 'copy' },
    outdir: ROOT,
    entryNames: ENTRY.replace('.js', ''),
  })
  const modules = built.outputFiles.map(({ path, contents }) => ({
    type: MODULE_TYPES[extname(path)] ?? 'Data',
    path: relative(ROOT, path),
    contents: new Uint8Array(contents),
  }))
  return measured(modules.sort((a, b) => Number(b.path === ENTRY) - Number(a.path === ENTRY)))
}

function toModule(outdir: string, file: string): BuiltModule {
  const type = MODULE_TYPES[extname(file)] ?? 'Data'
  return { type, path: relative(outdir, file), contents: new Uint8Array(readFileSync(file)) }
}

function measured(modules: BuiltModule[]): Bundle {
  const code = Buffer.concat(modules.flatMap(({ type, contents }) => (type === 'Text' ? [] : [contents])))
  const texts = modules.flatMap(({ type, contents }) => (type === 'Text' ? [gzipSync(contents).length] : []))
  return { modules, bytes: code.length, gzipBytes: gzipSync(code).length, textsGzipBytes: Math.max(0, ...texts) }
}

function runWrangler(args: string[]): Promise<void> {
  // This node, not the one in the PATH: wrangler refuses Node 20.
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`wrangler ${args[0]} failed\n${Buffer.concat(output).toString('utf8')}`))
    })
  })
}
