/**
 * `npm run test:system`: the tests that run Kith as a process (test/system). They need `curl` and `bash` for the
 * README's first call, the other packages of `.ci/packages`, and Chromium (`CHROMIUM` if not in /usr/bin); arguments go
 * to Vitest.
 */
import { spawn, spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { main, Refusal, ROOT } from './local.ts'

await main(async () => {
  for (const tool of [
    'bash',
    'curl',
    'oathtool',
    'php',
    'pngcheck',
    'exiftool',
    'xmllint',
    'python3',
    'ruby',
    'wget',
    process.env.CHROMIUM ?? '/usr/bin/chromium',
  ]) {
    if (spawnSync(tool, ['--version']).error) throw new Refusal(`The system tests need ${tool}: apt-get install ${basename(tool)}`)
  }
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  const args = ['run', '--config', 'test/system/vitest.config.ts', ...process.argv.slice(2)]
  const child = spawn(process.execPath, [vitest, ...args], { cwd: ROOT, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
})
