/** `npm run snippets`: copies code from files into the guides and other pages that name them (scripts/guides/snippets.ts). */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withSnippets } from './guides/snippets.ts'
import { main, ROOT } from './local.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

await main(async () => {
  for (const path of globSync(['docs/*.md', 'docs/guides/*.md', 'client/README.md'], { cwd: ROOT })) {
    const text = withSnippets(read(path), read)
    if (text !== read(path)) writeFileSync(join(ROOT, path), text)
  }
})
