/** The part of the style sheet for how an account stands. */
export const ACCOUNT = `
.identity { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem 1.25rem }
.identity .face { width: 4.5rem; height: 4.5rem }
.identity > div { flex: 1 1 14rem; min-width: 0; overflow-wrap: anywhere }
.identity p { color: var(--quiet) }
.identity h2 { font-size: 1.25rem }
.restriction { margin-top: 1.75rem }
.restriction p { margin-top: 0.35rem }
.steps-panel { margin-top: 1.75rem }
.steps-panel .list { margin-top: 0.75rem }
.steps-panel + .panel { margin-top: 1.75rem }
.steps-panel h3 { font-size: 1rem; font-weight: 600 }
.panel .facts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr)); margin-top: 1rem }
.line { display: block }
.facts dd a, .rows a { display: inline-block; padding: 0.15rem 0 }
.rows { margin-top: 0.75rem }
.rows li { padding: 0.75rem 0; border-top: 1px solid var(--line) }
.rows h3 { font-size: 1rem; font-weight: 600; overflow-wrap: anywhere }
.rows p { color: var(--quiet); font-size: 0.9375rem; overflow-wrap: anywhere }
.rows + .links { margin: 0 0 -0.75rem }
`
