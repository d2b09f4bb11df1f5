/**
 * The API reference (design §8): `GET /docs/<room>`, a page around a viewer that reads the room's own OpenAPI document. The viewer
 * and its styles are static files (`assets/docs`, scripts/assets.ts), and so are `/docs` and the guides (scripts/guides).
 */
import { type Context, Hono } from 'hono'
import { html } from 'hono/html'
import { AppError } from '../core/errors.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import { headingsOf, type RoomDocument } from '../http/room-document.ts'

/** Scripts, styles and requests of our own origin only. `data:` allows icons in the viewer's style sheet. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
const CACHE = 'public, max-age=300'

type Rooms = Readonly<Record<string, RoomDocument>>

/** `rooms` by name. */
export function docs(rooms: Rooms): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/docs/:room{[a-z]+}', anyone(), (c) => render(c, rooms, c.req.param('room')))
    .all('/docs/:room{[a-z]+}', readOnly)
}

function render(c: Context<AppEnv>, rooms: Rooms, name: string) {
  const document = Object.hasOwn(rooms, name) ? rooms[name] : undefined
  if (!document) throw new AppError('not_found')
  c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  c.header('Cache-Control', CACHE)
  return c.html(html`<!doctype html>${<DocsPage rooms={rooms} name={name} document={document} />}`)
}

function DocsPage({ rooms, name, document }: { rooms: Rooms; name: string; document: RoomDocument }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${document.title}: reference`}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/docs/viewer/swagger-ui.css" />
        <link rel="stylesheet" href="/docs/docs.css" />
        <script src="/docs/viewer/swagger-ui-bundle.js" defer />
        <script src="/docs/docs.js" defer />
      </head>
      <body>
        <a class="skip" href="#reference">
          Skip to the reference
        </a>
        <header>
          <a class="name" href="/">
            <span class="mark" aria-hidden="true" />
            Kith
          </a>
          <nav aria-label="Documentation">
            <a href="/docs/guides">Guides</a>
            <a href="/docs">HTTP</a>
            {Object.keys(rooms).map((room) => (
              <a href={`/docs/${room}`} aria-current={room === name ? 'page' : undefined}>
                {room}
              </a>
            ))}
          </nav>
          <nav class="pages" aria-label="Pages">
            <a href="/account">Your account</a>
          </nav>
        </header>
        <div class="columns">
          <nav class="headings" aria-label="On this page">
            <details open>
              <summary>On this page</summary>
              <ul>
                {headingsOf(document).map((heading) => (
                  <li>
                    <a href={`#${anchorOf(heading.name)}`}>{heading.name}</a>
                  </li>
                ))}
              </ul>
            </details>
          </nav>
          <main id="reference">
            <h1>{document.title}</h1>
            <p>
              {document.description} As a file for other tools: <a href={`/openapi/${name}.json`}>the OpenAPI document</a>.
            </p>
            <div id="viewer" data-document={`/openapi/${name}.json`}>
              <p>The operations are shown here once scripts have loaded.</p>
            </div>
          </main>
        </div>
      </body>
    </html>
  )
}

/** The viewer's id of a heading. */
const anchorOf = (heading: string) => `operations-tag-${heading.replaceAll(' ', '_')}`
