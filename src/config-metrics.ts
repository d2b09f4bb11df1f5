/** Where the console reads metrics (docs/watching.md). Writing them needs the binding `METRICS` alone. */
import * as z from 'zod'

export const metricsVars = {
  METRICS_ACCOUNT_ID: z
    .string()
    .regex(/^([0-9a-f]{32})?$/, 'must be the id of a Cloudflare account: 32 hexadecimal digits')
    .default(''),
  METRICS_API_TOKEN: z.string().default(''),
  METRICS_DATASET: z.preprocess((v) => v || 'kith', z.string().regex(/^[A-Za-z_]\w{0,63}$/, 'must be the name of a dataset')),
  METRICS_API_URL: z.preprocess(
    (v) => v || 'https://api.cloudflare.com/client/v4',
    z.string().regex(/^https?:\/\/[^?#\s]*[^?#\s/]$/, 'must be a URL without a slash at the end'),
  ),
}

export interface MetricsConfig {
  /** Of the SQL API, with the account. */
  readonly url: string
  readonly token: string
  readonly dataset: string
}

/** Null: the console cannot read metrics. */
export function metricsOf(vars: Readonly<Record<keyof typeof metricsVars, string>>): MetricsConfig | null {
  const { METRICS_ACCOUNT_ID: account, METRICS_API_TOKEN: token, METRICS_DATASET: dataset, METRICS_API_URL: base } = vars
  return account === '' || token === '' ? null : { url: `${base}/accounts/${account}/analytics_engine/sql`, token, dataset }
}
