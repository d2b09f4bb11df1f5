/**
 * Code in Markdown that comes from a file: a fenced block whose first line names it, as in `tsx file=<path>#<region>`. The
 * region lies between the comments `#region <name>` and `#endregion` of the file, or is what the file declares under this name; without one, it is the
 * whole file.
 */

export interface Block {
  readonly language: string
  /** The words after the language: `file=...`, `by=...`. */
  readonly options: Readonly<Record<string, string>>
  readonly code: string
}

const BLOCK = /^( *)```(\w+)([^\n`]*)\n([\s\S]*?)^\1```$/gm
const REGION = /^\s*(?:\/\/|\/\*|\{\/\*|#|<!--) ?#?(region [\w-]+|endregion)\b/

/** Every fenced block, in order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(BLOCK)].map(([, indent = '', language = '', words = '', code = '']) => ({
    language,
    options: optionsOf(words),
    code: indent === '' ? code : code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** The Markdown with each block that names a file filled from there. `read` gets a path and returns a text. */
export function withSnippets(markdown: string, read: (path: string) => string): string {
  return markdown.replace(BLOCK, (block, indent: string, language: string, words: string) => {
    const { file } = optionsOf(words)
    if (file === undefined) return block
    const code = snippetOf(file, read).replaceAll(/^(?=.)/gm, indent)
    return `${indent}\`\`\`${language}${words}\n${code}${indent}\`\`\``
  })
}

/** `<path>#<region>` as text, without what all of its lines are indented by. */
export function snippetOf(source: string, read: (path: string) => string): string {
  const [path = '', region] = source.split('#', 2)
  const lines = read(path).trimEnd().split('\n')
  const chosen = region === undefined ? lines : linesOf(region, lines, path)
  const code = chosen.filter((line) => !REGION.test(line))
  const indent = Math.min(...code.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)))
  return `${code
    .map((line) => line.slice(indent))
    .join('\n')
    .trim()}\n`
}

function linesOf(region: string, lines: readonly string[], path: string): readonly string[] {
  const start = lines.findIndex((line) => REGION.exec(line)?.[1] === `region ${region}`)
  const end = lines.findIndex((line, at) => at > start && REGION.exec(line)?.[1] === 'endregion')
  if (start < 0) return declarationOf(region, lines, path)
  if (end < 0) throw new Error(`${path} has no region ${region}`)
  return lines.slice(start + 1, end)
}

/** From its first line to the bracket that closes it at the margin. */
function declarationOf(name: string, lines: readonly string[], path: string): readonly string[] {
  const start = lines.findIndex((line) => new RegExp(`^(?:export )?(?:async )?(?:function|const|class) ${name}\\b`).test(line))
  const end = lines.findIndex((line, at) => at > start && /^[})\]]/.test(line))
  if (start < 0 || end < 0) throw new Error(`${path} has no region ${name}`)
  return lines.slice(start, end + 1)
}

function optionsOf(words: string): Record<string, string> {
  return Object.fromEntries([...words.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]))
}
