/**
 * Folder names in paths. Old PHP and Python programs write a space as `+` and a plus as `%2B`; others mean a plus by
 * `+`. So `+` is a space unless the caller has a folder of that exact name.
 */
import { type FolderName, folderName } from '../../core/fields.ts'
import type { Gate } from '../../core/gate.ts'
import { folderNamed, listOwnFolders } from '../../core/media/folders.ts'

interface NamedFolder {
  readonly req: { readonly url: string; valid(target: 'param'): { readonly name: FolderName } }
  readonly var: { readonly gate: Gate }
}

/** The folder named by the last segment of the path. */
export async function folderInPath({ req, var: { gate } }: NamedFolder): Promise<FolderName> {
  const { name } = req.valid('param')
  const raw = new URL(req.url).pathname.replace(/\/$/, '').split('/').at(-1) ?? ''
  const spaced = raw.includes('+') ? folderName.safeParse(raw.split('+').map(decoded).join(' ')).data : undefined
  if (spaced === undefined) return name
  const folders = await listOwnFolders(gate)
  return folders.some((folder) => folder.name === name) ? name : spaced
}

/** The same, as a reference: null for `Default`. */
export const folderRefInPath = async (c: NamedFolder) => folderNamed(await folderInPath(c))

/** A stray percent sign is not an error: such a segment stays as sent. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
