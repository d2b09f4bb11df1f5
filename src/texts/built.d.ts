/** The catalogues as JSON: scripts/assets.ts makes them, so they may not be there yet. */
declare module '*.txt' {
  const text: string
  export default text
}
