/** `wrangler.toml` for scripts that need some of it. Loading wrangler for that takes longer than most of them run. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { ROOT } from './local.ts'

export interface WranglerToml {
  readonly name: string
  readonly account_id?: string
  readonly compatibility_date: string
  readonly vars?: Readonly<Record<string, unknown>>
  readonly d1_databases: readonly { readonly binding: string; readonly database_id?: string; readonly preview_database_id?: string }[]
  readonly kv_namespaces: readonly { readonly binding: string; readonly id?: string }[]
  readonly r2_buckets: readonly { readonly binding: string; readonly bucket_name?: string }[]
}

export const readWranglerToml = () => parse(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')) as unknown as WranglerToml
