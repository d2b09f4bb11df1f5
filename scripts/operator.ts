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
  promote: () => import('./operator/promote.ts'),
  user: () => import('./operator/users.ts'),
  client: () => import('./operator/clients.ts'),
  api: () => import('./operator/apis.ts'),
  machine: () => import('./operator/machines.ts'),
  export: () => import('./operator/export.ts'),
  async import() {
    const [people, folder] = await Promise.all([import('./operator/import.ts'), import('./operator/export.ts')])
    // An export of Kith is a folder, any other a file.
    const isFolder = (arg: string) => statSync(arg, { throwIfNoEntry: false })?.isDirectory() === true
    return {
      usage: `${people.usage}\n\n  ${folder.folderUsage}`,
      run: (args, remote) => (args.some(isFolder) ? folder.importFolder(args, remote) : people.run(args, remote)),
    }
  },
}

await main(async () => {
  const { name, args, remote, wantsHelp } = readArguments(process.argv.slice(2))
  if (name === undefined) return console.log(await help())
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    const what = name.startsWith('-') ? 'option' : 'command'
    throw new Refusal(
      `Unknown ${what}: ${name}\n\n  The commands are ${Object.keys(COMMANDS).join(', ')}.\n  npm run operator -- --help describes each.`,
    )
  }
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
