/** The database and the buckets of wrangler.toml for scripts in Node: the local ones, or those of the deployment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { STATE } from '../local.ts'
import { readWranglerToml } from '../wrangler-toml.ts'
import type { Stores } from './objects.ts'

export interface OpenStores {
  readonly stores: Stores
  readonly close: () => Promise<void>
}

/** Opens the stores for `use`. */
export async function withStores<T>(remote: boolean, use: (stores: Stores) => Promise<T>): Promise<T> {
  const { stores, close } = await openStores(remote)
  try {
    return await use(stores)
  } finally {
    await close()
  }
}

export const openStores = (remote: boolean): Promise<OpenStores> => (remote ? openDeployedStores() : openLocalStores())

/** Where wrangler keeps them, without wrangler: a command of the operator takes a third less. */
async function openLocalStores(): Promise<OpenStores> {
  // A command that is refused for its arguments does not wait for it to load.
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import('miniflare')
  const { name, compatibility_date: compatibilityDate, d1_databases, r2_buckets } = readWranglerToml()
  const ids = (all: readonly (readonly [binding: string, id: string | undefined])[]) =>
    Object.fromEntries(all.map(([binding, id]) => [binding, id ?? binding]))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name,
      compatibilityDate,
      modules: true,
      script: 'export default {}',
      cf: false,
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: STATE,
      d1Databases: ids(d1_databases.map((one) => [one.binding, one.preview_database_id ?? one.database_id])),
      r2Buckets: ids(r2_buckets.map(({ binding, bucket_name }) => [binding, bucket_name])),
    }),
  )
  return { stores: await miniflare.getBindings<Stores & Record<string, unknown>>(), close: () => miniflare.dispose() }
}

/** A config of its own starts nothing else of the Worker, and says that they are remote. */
async function openDeployedStores(): Promise<OpenStores> {
  const { getPlatformProxy } = await import('wrangler')
  const { name, account_id, compatibility_date, d1_databases, r2_buckets } = readWranglerToml()
  const folder = mkdtempSync(join(tmpdir(), 'kith-stores-'))
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  try {
    const configPath = join(folder, 'wrangler.json')
    const remote = <Binding>(bindings: readonly Binding[]) => bindings.map((binding) => ({ ...binding, remote: true }))
    const config = { name, account_id, compatibility_date, d1_databases: remote(d1_databases), r2_buckets: remote(r2_buckets) }
    writeFileSync(configPath, JSON.stringify(config))
    process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false'
    const proxy = await getPlatformProxy<Stores & Record<string, unknown>>({ configPath, persist: { path: STATE }, remoteBindings: true })
    return { stores: proxy.env, close: () => proxy.dispose().finally(removeFolder) }
  } catch (error) {
    removeFolder()
    throw error
  }
}
