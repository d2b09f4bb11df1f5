/** The bundled script of the pages: scripts/assets.ts makes it, so it may not be there yet. */
declare module '*/browser/passkeys.json' {
  const script: string
  export default script
}
