/**
 * The style sheet itself. It follows the system's light or dark mode, keeps the contrast of WCAG 2.2 AA, and makes
 * touch targets at least 44 px high.
 */
import { ACCOUNT } from './style-account.ts'
import { CONSOLE } from './style-console.ts'
import { FIGURES } from './style-figures.ts'
import { FILES } from './style-files.ts'
import { FRAME } from './style-frame.ts'
import { LISTS } from './style-lists.ts'
import { PEOPLE } from './style-people.ts'

export const STYLE_SHEET = `
:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --surface: #fff; --text: #1a1d24; --quiet: #565d69; --line: #dfe2e8; --edge: #858c98;
  --accent: #2954c8; --accent-strong: #1f43a5; --on-accent: #fff; --tint: #edf1fc;
  --danger: #b0261e; --danger-strong: #8f1d17; --on-danger: #fff; --danger-tint: #fdeeec;
  --good: #1c6b3f; --good-tint: #e9f5ee;
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121418; --surface: #1a1d23; --text: #e8eaee; --quiet: #a3aab6; --line: #2d323b; --edge: #747c89;
    --accent: #8db0ff; --accent-strong: #aec7ff; --on-accent: #0f1420; --tint: #1d2638;
    --danger: #ff9d94; --danger-strong: #ffbab4; --on-danger: #230b09; --danger-tint: #351b1a;
    --good: #86d6a8; --good-tint: #16291f;
  }
}
*, *::before, *::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--text); font: 1rem/1.55 var(--font); overflow-wrap: break-word }
:lang(ar) { --font: system-ui, -apple-system, "Segoe UI", "Noto Sans Arabic", "Noto Naskh Arabic", Tahoma, sans-serif; letter-spacing: 0 }
:lang(ja) { --font: system-ui, -apple-system, "Hiragino Sans", "Yu Gothic UI", Meiryo, "Noto Sans JP", "Noto Sans CJK JP", sans-serif; letter-spacing: 0;
  line-break: strict }
body:lang(ar), body:lang(ja) { line-height: 1.75 }
:is(h1, h2, h3):lang(ar), :is(h1, h2):lang(ja) { line-height: 1.45 }
:lang(de) :is(p, dt, nav a, .tag, th, h1, h2, label) { hyphens: auto }
h1, h2, h3, p, ul, ol, dl, dd, fieldset { margin: 0; padding: 0 }
ul { list-style: none }
[hidden] { display: none !important }
a { color: var(--accent); text-underline-offset: 0.18em; text-decoration-thickness: 1px }
a:hover { color: var(--accent-strong); text-decoration-thickness: 2px }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px }
.skip { position: absolute; inset-inline-start: 1rem; top: -5rem; z-index: 1; padding: 0.7rem 1rem; background: var(--surface); border-radius: 8px }
.skip:focus { top: 0.5rem }

.narrow { max-width: 29rem; margin: 0 auto; padding: clamp(0.25rem, 5vh, 3.5rem) 1rem 4rem }
.narrow main { padding: 2.25rem 2.25rem 2.5rem; background: var(--surface); border: 1px solid var(--line); border-radius: 16px }
.wide { display: grid; grid-template-columns: 13rem minmax(0, 40rem); gap: 3.5rem; max-width: 64rem; margin: 0 auto; padding: 1.5rem 1.25rem 5rem }
.wide.broad { grid-template-columns: 13rem minmax(0, 1fr); max-width: 90rem }

main:focus { outline: none }
h1 { font-size: 1.625rem; line-height: 1.2; font-weight: 680; letter-spacing: -0.02em; text-wrap: balance }
h2 { font-size: 1.0625rem; line-height: 1.35; font-weight: 650; letter-spacing: -0.005em }
.lead { margin-top: 0.6rem; color: var(--quiet); text-wrap: pretty }
.lead + *, h1 + form, h1 + .notice, .notice + * { margin-top: 1.75rem }
.aside { margin-top: 1.5rem; color: var(--quiet) }
.aside + p:not([class]) { margin-top: 1.5rem }
.links { display: flex; flex-wrap: wrap; gap: 0 1.5rem; margin-top: 1rem }
.narrow .links:last-child { margin-bottom: -0.6rem }
.links a { display: inline-flex; align-items: center; min-height: 44px }


/* One column, of which no word is wider. */
form, fieldset, .field, .choices, .steps, .rights, .providers, .asked ul, .profile { grid-template-columns: minmax(0, 1fr) }
form { display: grid; gap: 1.375rem }
.panel { margin-top: 1.75rem; padding: 1.75rem; background: var(--surface); border: 1px solid var(--line); border-radius: 16px }
.panel + .panel, form + .panel { margin-top: 1.25rem }
.panel h2 + p { margin-top: 0.35rem; color: var(--quiet) }
.panel p + form, .panel h2 + form { margin-top: 1.25rem }
fieldset { display: grid; gap: 1.375rem; min-width: 0; border: 0 }
fieldset + fieldset { padding-top: 1.75rem; border-top: 1px solid var(--line) }
legend { float: inline-start; width: 100%; padding: 0; font-size: 1.0625rem; font-weight: 650 }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 12rem), 1fr)); gap: 1.375rem 1rem; align-items: end }
.pair.phone { grid-template-columns: minmax(7rem, 1fr) 2.2fr }

.field { display: grid; gap: 0.4rem; min-width: 0 }
label { font-weight: 600; font-size: 0.9375rem }
.optional { color: var(--quiet); font-weight: 400 }
.hint, .error { font-size: 0.9375rem; line-height: 1.45; color: var(--quiet) }
.error { color: var(--danger); font-weight: 550 }
input:not([type=checkbox]):not([type=radio]), textarea, select { width: 100%; min-height: 46px; padding: 0.6rem 0.8rem; font: inherit; color: var(--text);
  background: var(--surface); border: 1px solid var(--edge); border-radius: 10px }
textarea { resize: vertical }
input:focus-visible, textarea:focus-visible, select:focus-visible { outline: 3px solid var(--accent); outline-offset: 0; border-color: transparent;
  border-radius: 10px }
[aria-invalid=true] { border-color: var(--danger); box-shadow: inset 0 0 0 1px var(--danger) }
input[readonly] { background: var(--ground); color: var(--quiet) }
.code { font-family: var(--mono); letter-spacing: 0.06em }
.choice { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 0.875rem; align-items: start; padding: 0.875rem 1rem; border: 1px solid var(--line);
  border-radius: 12px; cursor: pointer; font-weight: inherit }
.choice:has(:checked) { border-color: var(--accent); background: var(--tint) }
.choice input { width: 1.25rem; height: 1.25rem; margin: 0.15rem 0; accent-color: var(--accent) }
.choice span { font-weight: 600 }
.app-logo { display: block; width: 2.5rem; height: 2.5rem; margin-bottom: 0.6rem; border-radius: 10px; object-fit: contain }
.choice small { grid-column: 2; font-size: 0.9375rem; color: var(--quiet) }
.choices { display: grid; gap: 0.75rem }

button, .button { display: inline-flex; align-items: center; justify-content: center; min-height: 46px; padding: 0.6rem 1.25rem; font: inherit;
  font-weight: 600; text-decoration: none; border: 1px solid transparent; border-radius: 10px; cursor: pointer }
.narrow form button { width: 100% }
.wide form > button, .locked > button { justify-self: start }
.locked { opacity: 0.6 }
.locked * { cursor: not-allowed }
.primary { color: var(--on-accent); background: var(--accent) }
.primary:hover { color: var(--on-accent); background: var(--accent-strong) }
.secondary { color: var(--text); background: transparent; border-color: var(--edge) }
.secondary:hover { color: var(--text); background: var(--tint) }
.danger { color: var(--on-danger); background: var(--danger) }
.danger:hover { background: var(--danger-strong) }

.notice, .alert { padding: 0.875rem 1rem; border-radius: 12px }
.notice { margin-top: 1.25rem; color: var(--good); background: var(--good-tint) }
.alert { color: var(--danger); background: var(--danger-tint) }
.alert a { color: inherit; display: inline-block; padding: 0.2rem 0 }
.alert:focus-visible { outline-color: var(--danger); border-radius: 12px }
.alert a:hover { color: var(--danger-strong) }

.list { margin-top: 1.75rem; background: var(--surface); border: 1px solid var(--line); border-radius: 16px }
.list > li + li { border-top: 1px solid var(--line) }
.list > li:not(.go) { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.75rem 1.5rem; padding: 1.125rem 1.5rem }
.list > li > div { min-width: 0; flex: 1 1 14rem }
.list p { color: var(--quiet); font-size: 0.9375rem; overflow-wrap: anywhere }
.list h2 { overflow-wrap: anywhere }
.go a { display: flex; align-items: center; justify-content: space-between; gap: 1rem; min-height: 44px; padding: 0.95rem 1.5rem; color: var(--text);
  text-decoration: none }
.go:first-child a { border-radius: 15px 15px 0 0 } .go:last-child a { border-radius: 0 0 15px 15px }
.go a:hover { background: var(--tint) }
.go a::after { content: ""; flex: none; width: 0.5rem; height: 0.5rem; border: solid var(--edge); border-width: 2px 2px 0 0; transform: rotate(45deg) }
[dir=rtl] .go a::after { transform: rotate(-135deg) }
.go strong { display: block; font-weight: 600 }
.go small { font-size: 0.9375rem; color: var(--quiet) }
.tag { display: inline-block; margin-inline-start: 0.5rem; padding: 0.05rem 0.55rem; border-radius: 99px; color: var(--good); background: var(--good-tint);
  font-size: 0.8125rem; font-weight: 600; vertical-align: 0.1em; white-space: nowrap }
.mono { font-family: var(--mono) }
.used { color: var(--quiet); text-decoration: line-through }

.below { margin-top: 0.75rem }
form + .other { margin-top: 1rem }
.narrow form > button + button { margin-top: -0.375rem }
.other + form { margin-top: 1.75rem }
.buttons, .answers { display: flex; flex-wrap: wrap; gap: 0.75rem }
.panel .buttons { margin-top: 1.25rem }
.narrow .answers { display: grid; margin-top: 1.75rem }
.wide .answers { margin-top: 1.75rem }
.answers .alert { flex: 1 0 100% }
input[type=file] { padding: 0.45rem }
input[type=file]::file-selector-button { min-height: 34px; margin-inline-end: 0.75rem; padding: 0.3rem 0.9rem; font: inherit; font-weight: 600; color: var(--text);
  background: var(--tint); border: 1px solid var(--edge); border-radius: 7px; cursor: pointer }
.picture-panel { display: grid; grid-template-columns: 10rem minmax(0, 1fr); gap: 2rem; align-items: start }
.picture { display: block; width: 10rem; height: 10rem; border-radius: 50%; background: var(--ground) }
.enrolment { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 2rem; align-items: center }
.enrolment p + p { margin-top: 0.75rem }
.qr { display: block; width: 100%; max-width: 15rem; border-radius: 10px; border: 1px solid var(--line) }
.key { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; margin-top: 0.75rem; padding: 0.75rem 1rem; font: 1.0625rem/1.5 var(--mono); letter-spacing: 0.05em;
  background: var(--ground); border-radius: 10px; user-select: all }
.codes { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 0.4rem 2rem; margin-top: 1.25rem; padding-block: 1.125rem; padding-inline: 3rem 1.25rem;
  font: 1.0625rem/1.6 var(--mono); background: var(--ground); border-radius: 10px; user-select: all }
.codes li::marker { color: var(--quiet); font-size: 0.875rem }
.steps { display: grid; gap: 0.5rem; padding-inline-start: 1.4rem }
.rights { display: grid; margin-top: 0.25rem }
.rights li { display: flex; align-items: center; justify-content: space-between; gap: 0 1rem; padding: 0.5rem 0; border-top: 1px solid var(--line) }
.rights p { min-width: 0; color: var(--text) }
.rights small { display: block; font-size: 0.875rem; color: var(--quiet) }
.rights a { flex: none; display: inline-flex; align-items: center; min-height: 44px; font-size: 0.9375rem }
summary { display: inline-flex; align-items: center; gap: 0.4rem; min-height: 44px; font-size: 0.9375rem; color: var(--accent); cursor: pointer }
summary::before { content: ""; width: 0.4rem; height: 0.4rem; border: solid currentcolor; border-width: 0 2px 2px 0; transform: rotate(-45deg) }
[dir=rtl] summary::before { transform: rotate(135deg) }
details[open] > summary::before { transform: rotate(45deg) }
.whose { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0 1rem; padding: 0.625rem 1rem; border: 1px solid var(--line);
  border-radius: 12px }
.whose p { min-width: 0; overflow-wrap: anywhere }
.whose strong { display: block; line-height: 1.3 }
.whose span { color: var(--quiet); font-size: 0.9375rem }
.whose a { display: inline-flex; align-items: center; min-height: 44px; font-size: 0.9375rem }
.asked { margin-top: 1.5rem }
.asked ul { display: grid; gap: 0.5rem; margin-top: 0.75rem }
.asked li { position: relative; padding-inline-start: 1.75rem }
.asked li::before { content: ""; position: absolute; inset-inline-start: 0.3rem; top: 0.3em; width: 0.4rem; height: 0.75rem; border: solid var(--accent); border-width: 0 2px 2px 0;
  transform: rotate(45deg) }
.asked h3 { margin-top: 1.125rem; font-size: 0.9375rem; font-weight: 600; color: var(--quiet); overflow-wrap: anywhere }
.asked h3 + ul { margin-top: 0.5rem }
.host { margin-inline-start: 0.5rem; font-weight: 400; font-size: 0.875rem; color: var(--quiet); overflow-wrap: anywhere }
.caution { padding: 0.875rem 1rem; border: 1px solid var(--edge); border-radius: 12px }
.caution + * { margin-top: 1rem }
.asked.before { padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.9375rem }
.asked.before li::before { border-color: var(--edge) }
.other-ways { margin-top: 1rem }
.other-ways form { gap: 0.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
.other-ways .links + form { margin-top: 1rem }
.providers form + form { padding-top: 0; border-top: 0; margin-top: 0.75rem }
.other-ways .links:last-child { margin-bottom: -0.6rem }
.providers { display: grid; gap: 1rem; margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line) }
.providers form { padding: 0; border: 0 }
.groups section + section { margin-top: 2rem }
.groups .list { margin-top: 0.625rem }
code { font: 0.9em var(--mono); overflow-wrap: anywhere }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.narrow h1 { overflow-wrap: anywhere }

@media (max-width: 52rem) {
  .wide { display: block; max-width: 42rem; padding: 0.5rem 1.25rem 4rem }
}
@media (max-width: 30rem) {
  body:has(.narrow) { background: var(--surface) }
  .narrow { padding: 0.5rem 1.25rem 3rem }
  .narrow main { padding: 0.75rem 0 0; border: 0; background: none }
  .panel { padding: 1.25rem }
  .list > li:not(.go), .go a { padding-inline: 1.125rem }
  .wide form > button, .buttons > *, .answers > * { width: 100% }
  .list .buttons { width: 100% }
  .list .buttons > * { flex: 1; width: auto }
  .picture-panel, .enrolment { grid-template-columns: minmax(0, 1fr); justify-items: center }
  .picture-panel > div, .enrolment > div { width: 100% }
}
@media (prefers-reduced-motion: no-preference) {
  button, .button, nav a, .go a { transition: background-color 0.12s, color 0.12s }
}
@media (forced-colors: active) {
  .mark { border-color: CanvasText; border-right-color: Canvas }
}
@media print {
  body > header, nav, .buttons, .skip { display: none }
  .wide { display: block; padding: 0 }
  .panel { border: 0; padding: 0 }
}
${FRAME}
${LISTS}
${ACCOUNT}
${CONSOLE}
${FIGURES}
${PEOPLE}
${FILES}
/* A phone with text twice as large: one thing beside another has no room any more. */
@media (max-width: 16rem) {
  .pair.phone, .search { grid-template-columns: minmax(0, 1fr) }
  .header-links { max-width: 100% }
  .profile-heading { flex-wrap: wrap }
  .codes { grid-template-columns: minmax(0, 1fr); padding-inline-start: 2.5rem }
  .who small bdi { overflow-wrap: anywhere; white-space: normal }
}
`.trim()
