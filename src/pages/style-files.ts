/** The part of the style sheet for files: what is in a folder, uploads in progress, previews. */
export const FILES = `
.trail { display: flex; flex-wrap: wrap; gap: 0 0.5rem; margin-top: 0.25rem; color: var(--quiet) }
.trail a { display: inline-flex; align-items: center; min-height: 44px; overflow-wrap: anywhere }
.trail a + a::before { content: "/"; margin-inline-end: 0.5rem; color: var(--quiet) }
.trail + * { margin-top: 0.75rem }
.upload h2 + form { margin-top: 0.75rem }
.upload form { gap: 1rem }
.upload.dropping { border-color: var(--accent); background: var(--tint) }
.queue-summary:not(:empty) { margin-top: 1rem; color: var(--quiet) }
.queue li { display: flex; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; padding: 0.75rem 0; border-top: 1px solid var(--line) }
.queue li > div { display: grid; gap: 0.15rem; min-width: 0; flex: 1 }
.queue strong { font-weight: 600; overflow-wrap: anywhere }
.queue .status { color: var(--quiet); font-size: 0.9375rem }
.queue .failed .status { color: var(--danger) }
.queue .done .status { color: var(--good) }
.queue .done progress { display: none }
.queue button { flex: none }
progress, meter { width: 100%; height: 0.5rem; accent-color: var(--accent) }
.usage { margin-top: 1.25rem; padding-inline: 0.25rem; color: var(--quiet); font-size: 0.9375rem }
.usage meter { display: block }
.usage p { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; margin-top: 0.35rem }
.files .go a { justify-content: flex-start }
.files .go a::after { margin-inline-start: auto }
.named { min-width: 0 }
.named strong { overflow-wrap: anywhere }
.kind { flex: none; display: grid; place-items: center; width: 2.75rem; height: 2.75rem; border-radius: 10px; background: var(--ground); color: var(--quiet);
  font-size: 0.6875rem; font-weight: 700; letter-spacing: 0.02em; overflow: hidden }
.kind.image, .kind.video { background: var(--tint); color: var(--accent) }
.kind.audio { background: var(--good-tint); color: var(--good) }
.kind.folder::before { content: ""; width: 1.35rem; height: 1rem; border-radius: 3px; background: currentcolor;
  clip-path: polygon(0 0, 42% 0, 54% 18%, 100% 18%, 100% 100%, 0 100%) }
.shown-file { text-align: center }
.shown-file :is(img, video) { display: block; max-width: 100%; max-height: 70vh; margin-inline: auto; border-radius: 10px; background: var(--ground) }
.shown-file audio { display: block; width: 100% }
.shown-file .buttons { justify-content: center; margin-top: 1.25rem }
.file-facts .facts { margin-top: 1rem }
.file-facts .facts > :last-child { grid-column: 1 / -1 }
.made-link { display: grid; gap: 0.5rem; margin-top: 1.25rem }
.made-link h3 { font-size: 0.9375rem; font-weight: 600 }
.made-link code { padding: 0.625rem 0.875rem; background: var(--ground); border-radius: 10px }
.made-link + form { margin-top: 1.5rem }
a.dangerous { color: var(--danger) }
`
