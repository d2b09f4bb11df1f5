/** The part of the style sheet for the console alone. */
export const CONSOLE = `
.tag.bad { color: var(--danger); background: var(--danger-tint) }
.tag.plain { color: var(--quiet); background: var(--ground); box-shadow: inset 0 0 0 1px var(--line) }
.copied { display: flex; align-items: center; gap: 0.75rem }
.copied > code { flex: 1; min-width: 0; overflow-wrap: anywhere; user-select: all }
.panel > .copied > code { padding: 0.625rem 0.875rem; background: var(--ground); border-radius: 10px; font-size: 1rem }
.copied > button { flex: none; min-height: 44px; padding: 0.25rem 0.875rem; font-size: 0.875rem; background: var(--surface) }
.copied:has(pre) { display: grid; gap: 0.5rem }
.copied pre { margin: 0; padding: 0.875rem 1rem; max-height: 28rem; overflow: auto; background: var(--ground); border-radius: 10px; font-size: 0.875rem; line-height: 1.5 }
.copied pre code { overflow-wrap: normal }
.copied:has(pre) > button { justify-self: end }
.panel > h2 + .copied { margin-top: 0.5rem }
.panel > h2 + .facts { margin-top: 1rem }
.facts > :has(.copied), .facts > :has(li) { grid-column: 1 / -1 }
.panel > .copied + h2 { margin-top: 1.25rem }
.check { display: grid; grid-template-columns: auto 1fr; gap: 0.75rem; align-items: start; min-height: 44px; padding: 0.5rem 0; font-weight: 400; cursor: pointer }
.check input { width: 1.25rem; height: 1.25rem; margin: 0.1rem 0; accent-color: var(--accent) }
.check span, .check small { overflow-wrap: anywhere; min-width: 0 }
.check small { display: block; color: var(--quiet); font-size: 0.875rem }
fieldset > .hint { margin-top: -0.875rem }
fieldset > .check + .check { margin-top: -1.125rem }
.tree { border: 1px solid var(--line); border-radius: 12px; padding: 0.25rem 1rem }
.tree + .tree { margin-top: -0.75rem }
.panel > .caution { margin-top: 0.75rem }
.panel > .tree { margin-top: 0.75rem }
.tree > summary { font-weight: 600; width: 100% }
.tree ul ul { margin-inline-start: 0.5rem; padding-inline-start: 1.25rem; border-inline-start: 1px solid var(--line) }
.tree li:has(> .check > :checked) > ul { display: none }
.links.inline { margin-block: -0.625rem }
.more { display: grid }
.more > summary { font-weight: 600 }
.more[open] { padding-bottom: 0.5rem }
.more > :not(summary) { margin-top: 1.375rem }
.above { margin-top: 1.5rem }
.above > * { flex: 0 0 auto; width: auto }
.above + table { margin-top: 1.5rem }
.below-name { display: block; font-weight: 400; font-size: 0.875rem; color: var(--quiet) }
td > .tag, dd > .tag { margin-inline-start: 0 }
.quiet { color: var(--quiet) }
.tags { display: inline-flex; flex-wrap: wrap; gap: 0.25rem; max-width: 100% }
.tags .tag { margin: 0 }
td .tags .tag { flex: 0 1 auto; min-width: 0; white-space: normal }
.who { display: flex; align-items: center; gap: 0.75rem; min-width: 0 }
.who a, .who > span { min-width: 0; overflow-wrap: anywhere }
.who small { display: block; font-size: 0.875rem; font-weight: 400; letter-spacing: 0; color: var(--quiet) }
.who.large .face { width: 4rem; height: 4rem }
.tick { display: grid; place-items: center; flex: none; width: 44px; height: 44px; margin: -0.375rem; cursor: pointer }
.tick input { width: 1.125rem; height: 1.125rem; accent-color: var(--accent) }
.checked { display: inline-block; width: 1.125rem; height: 1.125rem; margin-inline-start: 0.375rem; border-radius: 50%; color: var(--good);
  background: var(--good-tint); font-size: 0.75rem; line-height: 1.125rem; text-align: center; font-weight: 700 }
.chosen fieldset { margin-top: -0.375rem }
.chosen legend { font-size: 0.875rem; font-weight: 600; color: var(--quiet) }
.filter .whole { grid-column: 1 / -1 }
.reasons { display: grid; gap: 0.5rem; margin-top: 0.75rem }
.reasons li { padding-inline-start: 0.875rem; border-inline-start: 3px solid var(--danger); overflow-wrap: anywhere }
.acts { display: flex; flex-wrap: wrap; gap: 1.25rem 2rem; margin-top: 1.25rem }
.acts h2 { font-size: 0.875rem; color: var(--quiet) }
.acts section > a { margin-top: 0.5rem }
.acts ul { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-top: 0.5rem }
.panel .facts { margin-top: 1rem }
.part { margin-top: 2rem }
.part table { margin-top: 0.75rem }
.notes { display: grid; gap: 1rem; margin-top: 1rem }
.notes li { padding-top: 1rem; border-top: 1px solid var(--line) }
.notes li > p:first-child { white-space: pre-line; overflow-wrap: anywhere }
.notes form { margin-top: 0.5rem; justify-items: start }
progress { width: 100%; height: 0.75rem; margin-top: 1rem; accent-color: var(--accent) }
.states { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 1.5rem 0 1rem; padding: 0; list-style: none }
.states a { display: inline-flex; align-items: center; min-height: 2.75rem; padding-inline: 1rem; border: 1px solid var(--line); border-radius: 999px; text-decoration: none }
.states a[aria-current] { background: var(--tint); color: var(--accent); font-weight: 600; outline: 2px solid; outline-offset: -2px }
.mail-parts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem; margin-top: 1rem }
.mail-parts section { min-width: 0 }
.mail-parts h3 { margin: 0; font-size: 0.9375rem }
iframe.mail, pre.mail { width: 100%; height: 40rem; margin: 0.5rem 0 0; border: 1px solid var(--line); border-radius: 12px; background: var(--surface) }
pre.mail { padding: 1rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: 0.875rem/1.5 ui-monospace, Menlo, monospace }
.people time, .people td:nth-child(3) { white-space: nowrap }
.people td:nth-child(2) { min-width: 13rem }
.invite-codes :is(code, time, .links, thead th) { white-space: nowrap }
.invite-codes td:nth-child(2) { min-width: 9rem }
.chosen .buttons > button { width: auto; flex: 0 1 auto }
.filter input[type=date] { min-width: 0; padding-inline: 0.5rem }
.notes + form { margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line) }
form > .list { margin-top: 0 }
`
