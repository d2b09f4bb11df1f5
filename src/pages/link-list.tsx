/** Links with a line about each, in groups with a heading. */
import type { Child } from 'hono/jsx'

export function Group({ title, children }: { title: string; children: Child }) {
  return (
    <section>
      <h2>{title}</h2>
      <ul class="list">{children}</ul>
    </section>
  )
}

export function Link({ href, name, about }: { href: string; name: string; about: string }) {
  return (
    <li class="go">
      <a href={href}>
        <span>
          <strong>{name}</strong>
          <small>{about}</small>
        </span>
      </a>
    </li>
  )
}
