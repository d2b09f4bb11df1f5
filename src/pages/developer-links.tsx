/** What developers find on the first page while they try Kith out: in English, like the API. Production does not show it. */
import type { Config } from '../config.ts'
import type { RoomDocument } from '../http/room-document.ts'
import { productOf } from './layout.tsx'
import { Group, Link } from './link-list.tsx'

export function DeveloperLinks({ config, rooms }: { config: Config; rooms: Readonly<Record<string, RoomDocument>> }) {
  return (
    <>
      <Group title="For programs">
        <Link href="/docs/guides" name="Guides" about="Put Kith behind an app, an API, an agent" />
        <Link href="/docs" name="API reference" about="What holds for every call, and every operation with an example" />
        {Object.entries(rooms).map(([room, { title }]) => (
          <Link href={`/openapi/${room}.json`} name={title.replace(/^Kith/, () => productOf(config))} about="The OpenAPI document" />
        ))}
        <Link href="/.well-known/openid-configuration" name="OpenID Connect discovery" about="Endpoints, scopes and keys" />
      </Group>
      <Group title="For developers">
        <Link href="/admin" name="Console" about="Administer people, apps and the service, as an administrator" />
        {config.mail.kind === 'capture' && (
          <Link href="/dev/mailbox" name="Captured mail" about="Mails are shown here instead of being sent" />
        )}
      </Group>
    </>
  )
}
