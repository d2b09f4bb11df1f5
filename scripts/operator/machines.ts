/**
 * `npm run operator -- machine <command>`: robots, API keys and license keys, by the rules of the admin API
 * (core/machines). The operator holds every scope.
 */
import { parseArgs } from 'node:util'
import { judgeMachine, machineExpiry, machineKind, machineName, machineScope } from '../../src/core/machines/machine-rules.ts'
import { type MachinePlan, machineEventDetail, planMachine } from '../../src/core/machines/machines.ts'
import { fromHex, type MachineId, newId, toHex } from '../../src/ids.ts'
import {
  findMachine,
  findRevokedMachine,
  isMachineUnrevoked,
  listMachines,
  type MachineRow,
  revokeMachine,
} from '../../src/store/db/machine-credentials.ts'
import { execute } from '../database.ts'
import { readDigestSettings } from '../digest-settings.ts'
import { Refusal } from '../local.ts'
import { eventOfOperator, judge, misuse, withRefusals } from './input.ts'

export const usage = `machine create <kind> --name <name> [--scope <scopes>] [--expires-at <time> | --days <n>]
  machine revoke <id>
  machine list [before]

  A kind is one of
    robot                            reads people by HTTP Digest; --name is its user name
    api_key                          for a program that acts for people; sent with each request
    license_key                      a service with users of its own
  --scope "<scope> <scope>"          narrower than all that the kind may do`

const OPTIONS = {
  name: { type: 'string' },
  scope: { type: 'string' },
  'expires-at': { type: 'string' },
  days: { type: 'string' },
} as const

const PAGE = 100
const DAY_MS = 86_400_000
const FIRST = Number.MAX_SAFE_INTEGER

export function run(args: readonly string[], remote: boolean): Promise<void> {
  return withRefusals(async () => {
    const { values, positionals } = read(args)
    const [command, what, ...rest] = positionals
    if (rest.length > 0) throw misuse('machine', 'machine needs a command, and a kind or an id')
    if (Object.keys(values).length > 0 && command !== 'create') throw new Refusal(`machine ${command} takes no fields`)
    switch (command) {
      case 'create':
        return await create(what, values, remote)
      case 'revoke':
        return await revoke(idOf(what), remote)
      case 'list':
        return await list(what === undefined ? FIRST : idOf(what), remote)
      default:
        throw misuse('machine', `Unknown command: machine ${command ?? ''}`)
    }
  })
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw misuse('machine', error as Error)
  }
}

function idOf(text: string | undefined): MachineId {
  const id = fromHex<MachineId>(text ?? '')
  if (id === null) throw new Refusal(`${JSON.stringify(text ?? '')} is not the id of a machine; machine list shows them`)
  return id
}

function readEnd(values: ReturnType<typeof read>['values'], now: number): number | undefined {
  const { days, 'expires-at': time } = values
  if (days !== undefined && time !== undefined) throw new Refusal('--expires-at and --days exclude each other')
  if (days === undefined) return judge('--expires-at', machineExpiry, time)
  if (!/^\d{1,5}$/.test(days)) throw new Refusal(`--days: ${JSON.stringify(days)} must be a whole number`)
  return now + Number(days) * DAY_MS
}

async function create(text: string | undefined, values: ReturnType<typeof read>['values'], remote: boolean): Promise<void> {
  const kind = judge('kind', machineKind, text)
  const name = judge('--name', machineName, values.name)
  if (kind === undefined || name === undefined) throw new Refusal('machine create needs a kind and --name')
  const now = Date.now()
  const scopes = judge('--scope', machineScope, values.scope)
  const input = judgeMachine({ kind, name, scopes, expiresAt: readEnd(values, now) }, now)
  const { machine, secret, account, writes } = await planMachine(planCtx(kind === 'robot', now, remote), input, null)
  const event = eventOfOperator('machine_created', machineEventDetail(machine), now, isMachineUnrevoked(machine.id))
  const stored = await execute([...writes, event], findMachine(machine.id), remote)
  if (!stored) throw new Refusal(`A robot has the name ${name}; revoke it first`)
  if (stored.secretHash !== machine.secretHash || stored.ha1 !== machine.ha1) throw new Refusal('The id was taken; try again')
  tell({ machine, secret, account })
}

/** A robot's HA1 is encrypted under the deployment's key. */
function planCtx(isRobot: boolean, now: number, remote: boolean): Parameters<typeof planMachine>[0] {
  const clock = { now: () => now, newId: () => newId<never>(now) }
  const none = { current: '', keys: new Map<string, Uint8Array>() }
  if (!isRobot) return { ...clock, config: { digestRealm: '', encryptionKeys: none } }
  if (remote) {
    throw new Refusal(`A robot's secret is kept under ENCRYPTION_KEYS, and no one can read the deployed ones back, so this command cannot
make a robot there. Make it through the admin API, as a super_admin who has just signed in (docs/deploy.md, "Machine clients"):

  POST /machine/admin-api/create {"kind":"robot","name":"<name>"}

API keys and license keys need no encryption: for them --remote works.`)
  }
  const { digestRealm, encryptionKeys } = readDigestSettings(false)
  if (encryptionKeys === null) throw new Refusal('ENCRYPTION_KEYS is not in .dev.vars; npm start adds it')
  return { ...clock, config: { digestRealm, encryptionKeys } }
}

async function revoke(id: MachineId, remote: boolean): Promise<void> {
  const machine = await execute([], findMachine(id), remote)
  if (!machine) throw new Refusal(`No machine has the id ${toHex(id)}`)
  if (machine.revokedAt !== null) return console.log(`${describe(machine)}: already revoked; nothing was changed.`)
  const now = Date.now()
  const event = eventOfOperator('machine_revoked', machineEventDetail(machine), now, isMachineUnrevoked(id))
  const done = await execute([event, ...revokeMachine(machine, now)], findRevokedMachine(id), remote)
  if (!done) throw new Refusal(`${describe(machine)} was not revoked`)
  console.log(`${describe(machine)} is revoked for good, with everything issued under it.`)
}

async function list(before: number, remote: boolean): Promise<void> {
  const rows = await execute([], listMachines({ before, limit: PAGE }), remote)
  if (rows.length === 0) return console.log('There are no machine clients.')
  const now = Date.now()
  for (const row of rows) console.log(`${toHex(row.id)} ${row.kind.padEnd(11)} ${row.name.padEnd(32)} ${row.scopes} (${stateOf(row, now)})`)
  const last = rows.at(-1)
  if (rows.length === PAGE && last) console.log(`\nThere may be more: machine list ${toHex(last.id)}`)
}

const describe = ({ id, kind, name }: MachineRow) => `${kind} ${name} (${toHex(id)})`
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

function stateOf({ revokedAt, expiresAt, lastUsedAt }: MachineRow, now: number): string {
  if (revokedAt !== null) return `revoked ${dayOf(revokedAt)}`
  if (expiresAt !== null && expiresAt <= now) return `expired ${dayOf(expiresAt)}`
  return `${expiresAt === null ? '' : `until ${dayOf(expiresAt)}, `}${lastUsedAt === null ? 'never used' : `used ${dayOf(lastUsedAt)}`}`
}

function tell({ machine, secret, account }: Omit<MachinePlan, 'writes'>): void {
  const { id, kind, name, scopes, expiresAt } = machine
  const lines = [
    ['id', toHex(id)],
    ['kind', kind],
    ['name', name],
    ['scope', scopes],
    ['expires', expiresAt === null ? 'never' : new Date(expiresAt).toISOString()],
    ...(kind === 'robot'
      ? [
          ['user name', name],
          ['password', secret],
        ]
      : [['key', secret]]),
    ...(account
      ? [
          ['account', account.username],
          ['account password', account.password],
        ]
      : []),
  ]
  for (const [label = '', value] of lines) console.log(`${label.padEnd(17)} ${value}`)
  console.log('\nSecrets are shown only once.')
}
