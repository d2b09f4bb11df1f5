/** The bundled scripts of the pages: scripts/assets.ts makes them, so they may not be there yet. */
declare module '*/browser/pages.json' {
  const script: string
  export default script
}
declare module '*/browser/passkeys.json' {
  const script: string
  export default script
}
