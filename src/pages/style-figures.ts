/** The part of the style sheet for figures: cards with bars by day, and states. */
export const FIGURES = `
nav.aside { display: flex; flex-wrap: wrap }
.sub { display: block; font-weight: 400; font-size: 0.875rem; color: var(--quiet) }
.impersonation { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 0.5rem 1.5rem;
  padding: 0.5rem 1.25rem; background: var(--danger-tint); border-bottom: 2px solid var(--danger) }
.impersonation form { display: block }
.panel > .facts:first-child { margin-top: 0 }
.apart { margin-top: 2.25rem }
.apart + table { margin-top: 0.75rem }
.settings thead th { width: 42% }
.settings thead th:last-child { width: 16% }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 1.25rem; margin-top: 1rem; align-items: start }
.card { min-width: 0; padding: 1.25rem 1.25rem 0.5rem; background: var(--surface); border: 1px solid var(--line); border-radius: 16px }
.card h3 { font-size: 0.9375rem; font-weight: 600; color: var(--quiet) }
.figure { margin-top: 0.25rem; font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums }
.figures strong { font-size: 1.5rem; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums }
.chart { margin-top: 1rem; color: var(--quiet); font-size: 0.75rem; line-height: 1.4; font-variant-numeric: tabular-nums }
.chart svg { display: block; width: 100%; height: 6.5rem; border-bottom: 1px solid var(--edge) }
.chart rect { fill: var(--accent); opacity: 0.55 }
.chart rect.now, .chart rect:hover { opacity: 1 }
.chart.bad rect { fill: var(--danger) }
.chart rect.none { fill: var(--edge); opacity: 0.4 }
.chart .grid { stroke: var(--line); stroke-width: 1 }
.chart .ends { display: flex; justify-content: space-between; margin-top: 0.25rem }
.card details { margin-top: 0.25rem }
.chart .ends > * { unicode-bidi: plaintext }
.card details table { margin-bottom: 0.75rem; border-radius: 10px; font-size: 0.875rem }
.card details :is(th, td) { padding: 0.375rem 0.75rem }
@media (max-width: 44rem) {
  .card details table { display: table }
  .card details thead { position: static; width: auto; height: auto; clip-path: none; display: table-header-group }
  .card details tbody { display: table-row-group }
  .card details tr { display: table-row }
  .card details :is(th, td) { display: table-cell }
  .card details td::before { content: none }
  .card details .number { text-align: end }
}
@media (forced-colors: active) { .chart rect { fill: CanvasText; opacity: 1 } }
`
