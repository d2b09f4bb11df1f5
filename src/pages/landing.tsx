/** `GET /`: describes this deployment in a few lines and links to its parts. */
import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import type { RoomDocument } from '../http/room-document.ts'
import { productOf, showPage } from './layout.tsx'

type Rooms = Readonly<Record<string, RoomDocument>>

export function landing(rooms: Rooms): Hono<AppEnv> {
  return new Hono<AppEnv>().get('/', anyone(), (c) => show(c, rooms)).all('/', readOnly)
}

function show(c: Context<AppEnv>, rooms: Rooms): Promise<Response> {
  const { config } = c.var.ctx
  return showPage(
    c,
    {
      title: productOf(config),
      lead: (
        <>
          The user service of an app: accounts, sign-in, OAuth 2.1 and OpenID Connect, profiles, the social graph and files. This one
          answers at <code>{config.origin}</code>.
        </>
      ),
    },
    <div class="groups">
      <Group title="For people">
        <Link href="/sign-in" name="Sign in" about="With a passkey, or a password and a second step" />
        <Link href="/account" name="Your account" about="Profile, security, where you are signed in" />
      </Group>
      <Group title="For programs">
        <Link href="/docs" name="API reference" about="Every operation with its scope and an example" />
        {Object.entries(rooms).map(([room, { title }]) => (
          <Link href={`/openapi/${room}.json`} name={title} about="The OpenAPI document" />
        ))}
        <Link href="/.well-known/openid-configuration" name="OpenID Connect discovery" about="Endpoints, scopes and keys" />
      </Group>
      {config.mail.kind === 'capture' && (
        <Group title="For developers">
          <Link href="/dev/mailbox" name="Captured mail" about="Mails are shown here instead of being sent" />
        </Group>
      )}
    </div>,
  )
}

function Group({ title, children }: { title: string; children: Child }) {
  return (
    <section>
      <h2>{title}</h2>
      <ul class="list">{children}</ul>
    </section>
  )
}

function Link({ href, name, about }: { href: string; name: string; about: string }) {
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
