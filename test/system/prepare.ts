/** Before the system tests: what most of them begin with, made once and copied by each: an empty Kith, and one with its demo data. */
import type { TestProject } from 'vitest/node'
import { Project } from './project.ts'

declare module 'vitest' {
  /** Folders to begin as. */
  interface ProvidedContext {
    empty: string
    demo: string
  }
}

/** As `npm start` seeds it; `start.test.ts` has that itself. */
const SEED = "import('./scripts/demo/seed.ts').then(({ seed }) => seed('http://localhost:8787'))"

export default async function setup({ provide }: TestProject): Promise<() => Promise<unknown>> {
  const [empty, demo] = [new Project(), new Project()]
  await empty.prepare()
  await empty.build()
  demo.begin(empty.folder)
  const { code, output } = await demo.run(process.execPath, ['-e', SEED])
  if (code !== 0) throw new Error(output)
  provide('empty', empty.folder)
  provide('demo', demo.folder)
  return () => Promise.all([empty.remove(), demo.remove()])
}
