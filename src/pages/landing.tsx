/** `GET /`: what a person finds here and, outside of production, what a developer does. */
import { type Context, Hono } from 'hono'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { readOnly } from '../http/errors.ts'
import type { RoomDocument } from '../http/room-document.ts'
import { fill } from '../texts/texts.ts'
import { DeveloperLinks } from './developer-links.tsx'
import { productOf, showPage } from './layout.tsx'
import { Group, Link } from './link-list.tsx'
import { textsOf } from './texts.tsx'

type Rooms = Readonly<Record<string, RoomDocument>>

export function landing(rooms: Rooms): Hono<AppEnv> {
  return new Hono<AppEnv>().get('/', anyone(), (c) => show(c, rooms)).all('/', readOnly)
}

async function show(c: Context<AppEnv>, rooms: Rooms): Promise<Response> {
  const { config } = c.var.ctx
  const t = (await textsOf(c)).landing
  const product = productOf(config)
  return showPage(
    c,
    { title: product, lead: fill(t.lead, { product }) },
    <div class="groups">
      <Group title={t.people}>
        <Link href="/sign-in" name={t.signIn.title} about={t.signIn.about} />
        <Link href="/sign-up" name={t.signUp.title} about={t.signUp.about} />
        <Link href="/account" name={t.account.title} about={t.account.about} />
      </Group>
      {config.environment !== 'production' && <DeveloperLinks config={config} rooms={rooms} />}
    </div>,
  )
}
