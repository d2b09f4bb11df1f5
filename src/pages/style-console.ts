/** The part of the style sheet for the console alone. */
export const CONSOLE = `
.tag.bad { color: var(--danger); background: var(--danger-tint) }
.tag.plain { color: var(--quiet); background: var(--ground); box-shadow: inset 0 0 0 1px var(--line) }
`
