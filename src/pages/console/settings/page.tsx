/** `/admin/settings`: the settings as they are in force; of secrets, only which keys there are. */
import { Hono } from 'hono'
import { readSettings, type Setting, type SettingGroup } from '../../../core/admin/settings.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fill } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Tag } from '../tags.tsx'

const PATH = '/admin/settings'

export const settingsPage = new Hono<AppEnv>().get(PATH, requires('admin:settings:read'), async (c) => {
  const { settings, warnings } = await readSettings(c.var.ctx, c.var.gate)
  const words = (await textsOf(c)).console.settings
  const groups = [...new Set(settings.map(({ group }) => group))]
  return showPage(
    c,
    { title: words.title, lead: words.lead, section: PATH, isWide: true },
    <>
      {warnings.length > 0 && (
        <section class="panel">
          <h2>{words.warnings}</h2>
          <ul class="steps">
            {warnings.map((warning) => (
              <li>{warning}</li>
            ))}
          </ul>
        </section>
      )}
      {groups.map((group) => (
        <Group group={group} settings={settings.filter((one) => one.group === group)} />
      ))}
    </>,
  )
})

function Group({ group, settings }: { group: SettingGroup; settings: readonly Setting[] }) {
  const { console: words } = useTexts()
  const { groups, name, value, source, isDefault, isSet } = words.settings
  return (
    <section class="settings">
      <h2 class="apart">{groups[group]}</h2>
      <Table
        caption={groups[group]}
        columns={[
          { title: name, cell: (setting: Setting) => <code dir="ltr">{setting.name}</code> },
          { title: value, cell: (setting) => <Value setting={setting} /> },
          {
            title: source,
            cell: (setting) => <Tag kind={setting.isDefault ? 'plain' : 'good'}>{setting.isDefault ? isDefault : isSet}</Tag>,
          },
        ]}
        rows={settings}
        empty=""
      />
    </section>
  )
}

function Value({ setting: { group, value, fingerprints } }: { setting: Setting }) {
  const { console: words } = useTexts()
  const { empty, notSet, fingerprint, secretSet } = words.settings
  if (value !== null) return value === '' ? <span class="hint">{empty}</span> : <bdi dir="ltr">{value}</bdi>
  if (group === 'secrets' && fingerprints.length === 0) return <span class="hint">{notSet}</span>
  return (
    <ul>
      {fingerprints.map(({ kid, digest }) => (
        <li>{kid === null ? fill(secretSet, { digest }) : fill(fingerprint, { kid, digest })}</li>
      ))}
    </ul>
  )
}
