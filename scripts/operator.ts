/**
 * `npm run operator -- <command>`: what the operator of a deployment does by hand, on the local database or, with
 * `--remote`, on the deployed one. Each command is an entry of `COMMANDS`.
 */
import { statSync } from 'node:fs'
import { holdingDatabase } from './database.ts'
import { main, Refusal } from './local.ts'

interface Command {
  /** Lines of the help: the synopsis and what it does. */
  readonly usage: string
  run(args: readonly string[], remote: boolean): Promise<void>
}

/** A command loads only what it needs: all of them together take longer to load than most take to run. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  async promote() {
    const { PROMOTE_USAGE: usage, promote: run } = await import('./operator/promote.ts')
    return { usage, run }
  },
  async user() {
    const { USER_USAGE: usage, runUserCommand: run } = await import('./operator/users.ts')
    return { usage, run }
  },
  async client() {
    const { CLIENT_USAGE: usage, runClientCommand: run } = await import('./operator/clients.ts')
    return { usage, run }
  },
  async api() {
    const { API_USAGE: usage, runApiCommand: run } = await import('./operator/apis.ts')
    return { usage, run }
  },
  async machine() {
    const { MACHINE_USAGE: usage, runMachineCommand: run } = await import('./operator/machines.ts')
    return { usage, run }
  },
  async export() {
    const { EXPORT_USAGE: usage, runExportCommand: run } = await import('./operator/export.ts')
    return { usage, run }
  },
  async import() {
    const { IMPORT_USAGE, runImportCommand } = await import('./operator/import.ts')
    const { IMPORT_FOLDER_USAGE, importFolder } = await import('./operator/export.ts')
    // An export of Kith is a folder, any other a file.
    const isFolder = (arg: string) => statSync(arg, { throwIfNoEntry: false })?.isDirectory() === true
    return {
      usage: `${IMPORT_USAGE}\n\n  ${IMPORT_FOLDER_USAGE}`,
      run: (args, remote) => (args.some(isFolder) ? importFolder(args, remote) : runImportCommand(args, remote)),
    }
  },
}

await main(async () => {
  const { name, args, remote, wantsHelp } = readArguments(process.argv.slice(2))
  if (name === undefined) return console.log(await help())
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) throw new Refusal(`Unknown ${name.startsWith('-') ? 'option' : 'command'}: ${name}\n\n${await help()}`)
  if (wantsHelp) return console.log(await help(load))
  const command = await load()
  await holdingDatabase(() => command.run(args, remote))
})

/** Every command takes `--remote` and `--help`, anywhere on the line, and parses the rest itself. */
function readArguments(argv: readonly string[]) {
  const [name, ...args] = argv.filter((arg) => arg !== '--remote' && arg !== '--help' && arg !== '-h')
  return { name, args, remote: argv.includes('--remote'), wantsHelp: argv.includes('--help') || argv.includes('-h') }
}

/** Of one command, or of all. */
async function help(only?: () => Promise<Command>): Promise<string> {
  const commands = await Promise.all((only ? [only] : Object.values(COMMANDS)).map((load) => load()))
  return `Usage: npm run operator -- <command> [--remote]

${commands.map(({ usage }) => `  ${usage}`).join('\n\n')}

  --remote              acts on the deployed database instead of the local one`
}
