/**
 * Names of folders in paths. Old PHP and Python programs write a space as `+` there, and a plus as `%2B`; others mean a plus by
 * it. So it is a space, where the caller has no folder of that very name.
 */
import { type FolderName, folderName } from '../../core/fields.ts'
import { folderNamed, listOwnFolders } from '../../core/media/folders.ts'
import type { Gate } from '../../core/sessions/gate.ts'

interface NamedFolder {
  readonly req: { readonly url: string; valid(target: 'param'): { readonly name: FolderName } }
  readonly var: { readonly gate: Gate }
}

/** The folder that the last part of the path names. */
export async function folderInPath({ req, var: { gate } }: NamedFolder): Promise<FolderName> {
  const { name } = req.valid('param')
  const raw = new URL(req.url).pathname.replace(/\/$/, '').split('/').at(-1) ?? ''
  const spaced = raw.includes('+') ? folderName.safeParse(raw.split('+').map(decoded).join(' ')).data : undefined
  if (spaced === undefined) return name
  const folders = await listOwnFolders(gate)
  return folders.some((folder) => folder.name === name) ? name : spaced
}

/** The same, where `Default` has no name. */
export const folderRefInPath = async (c: NamedFolder) => folderNamed(await folderInPath(c))

/** A path may hold percent signs that escape nothing: such a part stays as it was sent. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
