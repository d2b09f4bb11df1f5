/**
 * The sector of a client with pairwise subjects (OpenID Connect Core §8.1, Dynamic Client Registration §5): several
 * hosts are one sector if a document says so. Neither the type nor the sector changes afterwards: the client would lose
 * its users, and refreshed ID tokens would name others (Core §12.2).
 */
import { AppError } from '../errors.ts'
import { fetchWhole } from '../outside.ts'
import { type ClientMetadata, METADATA_NAMES } from './client-metadata.ts'
import { CLIENT_URIS_MAX, REDIRECT_URI_LENGTH_MAX, SECTOR_DOCUMENT_MS } from './limits.ts'
import { sectorOf } from './subjects.ts'

/** Throws what breaks the rules of subjects, beside those of `judgeMetadata`. */
export async function judgeSubjects(
  { hasPairwiseKey }: { readonly hasPairwiseKey: () => boolean },
  after: ClientMetadata,
  before: ClientMetadata | null,
): Promise<void> {
  if (before !== null && before.subjectType !== after.subjectType) {
    throw refused('subjectType', "cannot be changed: its users' subjects would be others. Register another client")
  }
  if (after.subjectType !== 'pairwise') return
  if (before !== null && sectorOf(before) !== sectorOf(after)) {
    throw refused('sectorIdentifierUri', `must stay at ${sectorOf(before)}: at another host, its users' subjects would be others`)
  }
  if (before === null && !hasPairwiseKey()) throw refused('subjectType', 'needs PAIRWISE_KEY, which this deployment does not have')
  const { sectorIdentifierUri, redirectUris } = after
  const isNew = before?.sectorIdentifierUri !== sectorIdentifierUri || redirectUris.some((uri) => !before.redirectUris.includes(uri))
  if (sectorIdentifierUri === null || !isNew) return
  const listed = await fetchSector(sectorIdentifierUri)
  if (!redirectUris.every((uri) => listed.includes(uri))) {
    throw refused('sectorIdentifierUri', 'must be where a JSON array lists all redirect URIs: it does not')
  }
}

/** The list at the URL; empty if there is none. */
async function fetchSector(url: string): Promise<readonly unknown[]> {
  const bounds = { signal: AbortSignal.timeout(SECTOR_DOCUMENT_MS), bytesMax: 2 * CLIENT_URIS_MAX * REDIRECT_URI_LENGTH_MAX }
  try {
    const { response, body } = await fetchWhole(url, { headers: { accept: 'application/json' } }, bounds)
    const list: unknown = response.status === 200 ? JSON.parse(new TextDecoder().decode(body ?? undefined)) : []
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}

function refused(field: 'subjectType' | 'sectorIdentifierUri', message: string): AppError {
  return AppError.ofFields([{ path: METADATA_NAMES[field], message }])
}
