/** The browser of the system tests: Debian's Chromium, driven by playwright-core. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PATHS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].filter(Boolean) as string[]

/** A missing browser is a failure: nothing would be tested. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = PATHS.find((path) => existsSync(path))
  if (!executablePath) throw new Error('The system tests need Chromium: apt-get install chromium, or CHROMIUM=<its path>')
  // Without its sandbox, as the root of a container has none; it opens our own pages alone.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}
