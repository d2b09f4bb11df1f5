/** The part of the style sheet for people: rows of lists, profiles, the field that searches. */
export const PEOPLE = `
.count { margin-inline-start: auto; padding: 0 0.5rem; border-radius: 99px; color: var(--on-accent); background: var(--accent); font-size: 0.8125rem;
  font-weight: 600; font-variant-numeric: tabular-nums }
.search { grid-template-columns: minmax(0, 1fr) auto; gap: 0.75rem; align-items: end }
.list > li.person { flex-wrap: nowrap; gap: 0.75rem 1rem; padding-block: 0.75rem }
.person .who { display: flex; flex: 1 1 10rem; align-items: center; gap: 0.875rem; min-width: 0; min-height: 48px; color: inherit; text-decoration: none }
.person .who:hover strong { text-decoration: underline }
.person .face { width: 3rem; height: 3rem }
.who span { min-width: 0 }
.who > span { flex: 1 }
.who strong { display: -webkit-box; overflow: hidden; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-height: 1.35; font-weight: 600; overflow-wrap: anywhere }
.who small { display: flex; flex-wrap: wrap; align-items: center; gap: 0.125rem 0.5rem; color: var(--quiet); font-size: 0.9375rem }
.who small bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.person button { min-height: 44px; padding: 0.4rem 1rem; font-size: 0.9375rem }
.person .buttons { flex: none; flex-wrap: nowrap; gap: 0.5rem }
.tag.plain { flex: none; margin: 0; color: var(--quiet); background: var(--ground); border: 1px solid var(--line) }
.none { text-align: center }
.none p { margin-top: 0.35rem; color: var(--quiet) }
.none .links { justify-content: center; margin-top: 0.5rem }
.profile-heading { display: flex; align-items: center; gap: 1.25rem }
.profile-heading > span { min-width: 0; overflow-wrap: anywhere }
.profile-heading .face { width: 7rem; height: 7rem }
.profile-heading small { display: block; margin-top: 0.25rem; color: var(--quiet); font-size: 1rem; font-weight: 400; letter-spacing: 0; text-align: start }
.verified { display: inline-block; width: 1.25rem; height: 1.25rem; margin-inline-start: 0.4rem; border-radius: 50%; background: var(--accent); vertical-align: -0.1em }
.verified::before { content: ""; display: block; width: 0.375rem; height: 0.625rem; margin: 0.25rem auto; border: solid var(--on-accent);
  border-width: 0 2px 2px 0; transform: rotate(45deg) }
.standing { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; color: var(--quiet) }
.standing:empty { display: none }
.profile { display: grid; gap: 0.75rem; margin-top: 1.25rem }
.profile .bio { white-space: pre-line; overflow-wrap: anywhere }
.profile .status { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.5rem; justify-self: start; max-width: 100%; padding: 0.4rem 0.875rem; border-radius: 16px; background: var(--tint); overflow-wrap: anywhere }
.profile .quiet { color: var(--quiet); overflow-wrap: anywhere }
.profile .counts { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem }
.profile .panel { margin-top: 0.5rem; padding: 1.25rem }
.profile > .buttons { margin-top: 0.5rem; align-items: start }
.more summary { color: var(--text) }
.more summary::before { display: none }
.more > div { margin-top: 0.75rem; padding: 1rem; border: 1px solid var(--line); border-radius: 12px; background: var(--surface) }
.more p { margin-bottom: 0.75rem; color: var(--quiet) }
.more[open] { flex-basis: 100% }
@media (max-width: 36rem) {
  .list > li.person { flex-wrap: wrap; gap: 0.625rem 0.75rem; padding-inline: 1rem }
  .list > li.person .buttons { flex: 0 1 auto; width: auto }
  .list > li.person .buttons:has(form + form) { flex: 1 1 100% }
  .person .buttons form { flex: 1 }
  .person .face { width: 2.5rem; height: 2.5rem }
  .person .who { gap: 0.625rem }
  .person button { padding-inline: 0.75rem }
  .profile-heading .face { width: 5rem; height: 5rem }
}
`
