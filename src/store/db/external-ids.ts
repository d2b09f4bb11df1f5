/** Who users are elsewhere. */

/** The source of an import's own ids; any other is the client that provisions the user. */
export const IMPORTS = ''
