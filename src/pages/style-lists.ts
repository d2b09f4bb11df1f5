/** The part of the style sheet for tables, filters and facts: what the console lists. */
export const LISTS = `
table { width: 100%; border-collapse: collapse; background: var(--surface); border: 1px solid var(--line); border-radius: 12px }
th, td { padding: 0.75rem 1rem; text-align: start; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: anywhere }
thead th { border-top: 0; color: var(--quiet); font-size: 0.8125rem; font-weight: 600 }
tbody th { font-weight: 600 }
.number { text-align: end; font-variant-numeric: tabular-nums }
.empty { margin-top: 1.5rem; color: var(--quiet) }
.filter { grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr)); gap: 1rem; align-items: end; margin: 1.5rem 0 }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); gap: 1rem 1.5rem }
.facts dt { color: var(--quiet); font-size: 0.875rem }
.facts dd { overflow-wrap: anywhere }
@media (max-width: 44rem) {
  table, tbody, tr, th, td { display: block }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tr + tr { border-top: 1px solid var(--line) }
  tbody th, td { border-top: 0; padding-block: 0.375rem }
  tr { padding-block: 0.5rem }
  td[data-title]::before { content: attr(data-title); display: block; color: var(--quiet); font-size: 0.8125rem }
  td:empty { display: none }
  .number { text-align: start }
}
`
