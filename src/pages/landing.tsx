/** `GET /`: what this deployment is, in a few lines, and where everything of it is. Its style is a file beside the Worker. */
import { Hono } from 'hono'
import { html } from 'hono/html'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import type { RoomDocument } from '../http/openapi.ts'

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type Rooms = Readonly<Record<string, RoomDocument>>

export function landing(rooms: Rooms): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/', anyone(), (c) => {
      const { mail, origin } = c.var.ctx.config
      c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
      return c.html(html`<!doctype html>${<LandingPage rooms={rooms} origin={origin} hasMailbox={mail.kind === 'capture'} />}`)
    })
    .all('/', readOnly)
}

function LandingPage({ rooms, origin, hasMailbox }: { rooms: Rooms; origin: string; hasMailbox: boolean }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Kith</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/landing.css" />
      </head>
      <body>
        <main>
          <h1>Kith</h1>
          <p>
            The user service of an app: accounts, sign-in, OAuth 2.1 and OpenID Connect, profiles and the social graph. This one answers at{' '}
            <code>{origin}</code>.
          </p>
          <h2>For people</h2>
          <ul>
            <Link href="/sign-in" name="Sign in" about="with a password and a second factor" />
            <Link href="/account" name="Your account" about="profile, security, where you are signed in" />
          </ul>
          <h2>For programs</h2>
          <ul>
            <Link href="/docs" name="API reference" about="every operation with its scope and an example" />
            {Object.entries(rooms).map(([room, { title }]) => (
              <Link href={`/openapi/${room}.json`} name={title} about="the OpenAPI document" />
            ))}
            <Link href="/.well-known/openid-configuration" name="OpenID Connect discovery" about="endpoints, scopes and keys" />
          </ul>
          {hasMailbox && (
            <>
              <h2>For developers</h2>
              <ul>
                <Link href="/dev/mailbox" name="Captured mail" about="mails are not sent here; they are shown" />
              </ul>
            </>
          )}
        </main>
      </body>
    </html>
  )
}

function Link({ href, name, about }: { href: string; name: string; about: string }) {
  return (
    <li>
      <a href={href}>
        {name}
        <small>{about}</small>
      </a>
    </li>
  )
}
