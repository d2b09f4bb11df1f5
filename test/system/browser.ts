/** The browser of the system tests: Debian's Chromium, driven by playwright-core, and its helpers. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

/** `SCREENSHOTS=<folder>` keeps a picture of every page. */
const { SCREENSHOTS } = process.env
export const PHONE = { width: 390, height: 844 }
export const DESK = { width: 1280, height: 900 }

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** It takes longer to say what is right and where everything is than to find what is wrong. Nothing here plays by itself: `preload`. */
const AXE_OPTIONS = "{ reporter: 'no-passes', selectors: false, preload: false }"

const PATHS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].filter(Boolean) as string[]

/** `more`: further arguments. A missing browser is a failure: nothing would be tested. */
export async function openBrowser(...more: string[]): Promise<Browser> {
  const executablePath = PATHS.find((path) => existsSync(path))
  if (!executablePath) throw new Error('The system tests need Chromium: apt-get install chromium, or CHROMIUM=<its path>')
  // Without its sandbox, which root in a container does not have; it only opens our own pages.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...more] })
}

/** On a phone and on a desk, if pictures are wanted. */
export async function keepPictures(page: Page, name: string): Promise<void> {
  for (const viewport of SCREENSHOTS ? [PHONE, DESK] : []) {
    await page.setViewportSize(viewport)
    await page.screenshot({ path: join(SCREENSHOTS ?? '', `${name}-${viewport.width}.png`), fullPage: true })
  }
}

/** What axe finds on the current page: nothing serious or critical. Its context runs scripts, past the policy. */
export async function expectNothingGrave(page: Page, name: string): Promise<void> {
  await page.waitForLoadState()
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE)
  const { violations } = (await page.evaluate(`axe.run(${AXE_OPTIONS})`)) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[]
  }
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect([name, grave.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])]).toEqual([name, []])
}
