/** The part of the style sheet for what is around a page: header, navigation, footer. On a phone, the navigation is a menu. */
export const FRAME = `
body > header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; max-width: 64rem; min-height: 4.25rem;
  margin: 0 auto; padding: 0.5rem 1.25rem }
body:has(.narrow) > header { max-width: 29rem; padding: 0.5rem 1.25rem }
body:has(.broad) > header { max-width: 90rem }
.brand { display: inline-flex; flex: 1 1 6rem; align-items: center; gap: 0.6rem; max-width: 100%; min-height: 44px; color: var(--text); font-weight: 650;
  font-size: 1.0625rem; letter-spacing: -0.01em; text-decoration: none }
.brand:hover { color: var(--text) }
.mark { flex: none; width: 1.375rem; height: 1.375rem; border-radius: 50%; border: 0.4rem solid var(--accent); border-right-color: transparent;
  transform: rotate(-45deg) }
.logo { height: 1.75rem; width: auto; max-width: 8rem }
.header-links { display: flex; flex: none; align-items: center; gap: 1rem; max-width: 60% }
.header-links a, .menu { display: inline-flex; align-items: center; min-height: 44px; padding: 0 0.25rem; color: var(--quiet) }
.me { gap: 0.5rem; min-width: 0; text-decoration: none }
.header-links .me { color: var(--text); font-weight: 600 }
.me bdi { overflow: hidden; max-width: 14rem; text-overflow: ellipsis; white-space: nowrap }
.face { flex: none; width: 2rem; height: 2rem; border-radius: 50%; background: var(--line) }
.menu { min-width: 44px; padding: 0 0.875rem; border-color: var(--edge); color: var(--text); background: none }

.wide > nav { position: static; width: auto; height: auto; margin: 0; padding: 0; overflow: visible; border: 0; color: inherit; background: none }
nav p { margin: 1.25rem 0 0.25rem; padding: 0 0.875rem; color: var(--quiet); font-size: 0.8125rem; font-weight: 600 }
nav a { display: flex; align-items: center; min-height: 44px; padding: 0.25rem 0.875rem; border-radius: 10px; color: var(--quiet);
  text-decoration: none }
nav a:hover { color: var(--text); background: var(--line) }
nav a[aria-current] { color: var(--accent); background: var(--tint); font-weight: 600 }
.in-menu { margin-top: 1rem; padding-top: 0.5rem; border-top: 1px solid var(--line) }

body > footer { display: flex; flex-wrap: wrap; justify-content: center; gap: 0 2rem; max-width: 64rem; margin: 0 auto; padding: 0 1.25rem 2rem }
body > footer ul { display: flex; flex-wrap: wrap; justify-content: center; gap: 0 1rem }
body > footer a { display: inline-flex; align-items: center; min-height: 44px; color: var(--quiet); font-size: 0.875rem }

@media (min-width: 52.01rem) {
  .wide > nav { display: block }
  .menu, .in-menu { display: none }
}
@media (max-width: 52rem) {
  .header-links .quiet-link { display: none }
  .header-links { gap: 0.75rem }
  .me bdi { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
}
@supports not selector(:popover-open) {
  .menu { display: none }
}
@supports selector(:popover-open) {
  @media (max-width: 52rem) {
    .wide > nav { position: fixed; inset: 4.25rem 0.75rem auto; max-height: calc(100vh - 5rem); padding: 0.75rem; overflow: auto;
      border: 1px solid var(--line); border-radius: 16px; color: inherit; background: var(--surface) }
    nav::backdrop { background: rgb(0 0 0 / 0.35) }
  }
}
@media (forced-colors: active) {
  nav a[aria-current] { outline: 2px solid }
}
`
