/** The part of the style sheet for tables, filters and facts: what the console lists. */
export const LISTS = `
table { width: 100%; border-collapse: collapse; background: var(--surface); border: 1px solid var(--line); border-radius: 12px }
th, td { padding: 0.75rem 1rem; text-align: start; vertical-align: top; border-top: 1px solid var(--line) }
td :is(bdi, small, code), th :is(bdi, small, code), th { overflow-wrap: anywhere }
:is(td, th) .who small bdi { white-space: normal }
td > a { white-space: nowrap }
td > a:has(bdi) { white-space: normal }
thead th { border-top: 0; color: var(--quiet); font-size: 0.8125rem; font-weight: 600 }
tbody th { font-weight: 600 }
.number { text-align: end; font-variant-numeric: tabular-nums }
.empty { margin-top: 1.5rem; color: var(--quiet) }
.filter { grid-template-columns: repeat(auto-fit, minmax(min(100%, 9rem), 1fr)); gap: 1rem; align-items: end; margin: 1.5rem 0 }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); gap: 1rem 1.5rem }
.facts dt { color: var(--quiet); font-size: 0.875rem }
.facts :is(dt, dd) { overflow-wrap: anywhere }
@media (min-width: 44.01rem) { .facts > :has(dd > bdi, dd > code) { grid-column: span 2 } }
@media (min-width: 44.01rem) {
  .people :is(th, td) { padding-inline: 0.625rem }
  .people tr > :first-child { width: 36% }
  .people tr > :nth-child(2) { width: 28% }
}
@media (min-width: 44.01rem) and (max-width: 64rem) { th, td { padding-inline: 0.5rem } }
@media (min-width: 44.01rem) and (max-width: 76rem) { .people tr > :nth-child(n + 5) { display: none } }
@media (max-width: 44rem) {
  table, tbody, tr, th, td { display: block }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tr + tr { border-top: 1px solid var(--line) }
  tbody th, td { border-top: 0; padding-block: 0.375rem }
  tr { display: flex; flex-wrap: wrap; padding-block: 0.5rem }
  td { flex: 1 1 8.5rem; min-width: 0; overflow-wrap: anywhere }
  tbody th, td:has(.sub), .people td:nth-child(2) { flex: 1 0 100% }
  td.dash { display: none }
  td[data-title]::before { content: attr(data-title); display: block; color: var(--quiet); font-size: 0.8125rem }
  td:empty { display: none }
  .number { text-align: start }
  main .facts, main .panel .facts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 8rem), 1fr)); column-gap: 1rem }
  main .facts > :has(dd > bdi, dd > code) { grid-column: 1 / -1 }
}
`
