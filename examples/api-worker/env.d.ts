/** The settings of `wrangler.toml`, as `npx wrangler types` writes them at greater length. */
declare module 'cloudflare:workers' {
  export const env: Readonly<Record<'KITH' | 'RESOURCE' | 'CLIENT_ID' | 'CLIENT_SECRET' | 'APP', string>>
}
