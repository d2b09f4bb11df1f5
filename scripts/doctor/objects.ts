/**
 * What `npm run doctor` checks in the buckets: rows without objects, and objects without rows. Read-only. Kith stays in
 * use meanwhile, so each suspect is checked again before it is reported.
 */
import { type Difference, ROUND_MAX } from './checks.ts'

export interface Stores {
  readonly DB: D1Database
  readonly MEDIA: R2Bucket
  readonly AVATARS: R2Bucket
}

export interface ObjectFinding {
  readonly name: string
  readonly differences: readonly Difference[]
}

/** An object that a row expects; without a size where the row does not record it. */
interface Expected {
  readonly subject: number
  readonly size: number | null
}

interface Side {
  readonly bucketName: 'media' | 'avatars'
  readonly bucket: R2Bucket
  readonly missing: string
  /** Rows after an id, in the order of ids: what they expect in the bucket. */
  readonly rows: string
}

export const OBJECTS_WITHOUT_ROW = 'objects without a row in'

const ROWS_AT_A_TIME = 5_000
/** Reservations expect nothing yet. */
const FILES = 'SELECT id AS subject, object_key AS key, size FROM files WHERE committed_at IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2'
/** Each picture has two objects. */
const AVATARS = `SELECT u.id AS subject, u.avatar_key || v.column1 AS key, NULL AS size
  FROM (SELECT id, avatar_key FROM users WHERE avatar_key IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2) u,
  (VALUES ('/512.webp'), ('/128.png')) v ORDER BY u.id`
/** Whether something accounts for a key: a file, reserved or committed, a picture, an archive, or a tombstone. */
const IS_KNOWN = `SELECT 1 FROM files WHERE ?1 = 'media' AND object_key = ?2
  UNION ALL SELECT 1 FROM account_archives WHERE ?1 = 'media' AND ?2 = 'archives/' || printf('%024x', id) || '-' || attempts || '.zip'
  UNION ALL SELECT 1 FROM object_tombstones WHERE bucket = ?1 AND key = ?2
  UNION ALL SELECT 1 FROM users WHERE ?1 = 'avatars' AND ?2 IN (avatar_key || '/512.webp', avatar_key || '/128.png') LIMIT 1`

/** Checks that found something, with at most `ROUND_MAX` differences each. */
export async function examineObjects(stores: Stores): Promise<ObjectFinding[]> {
  const sides: readonly Side[] = [
    { bucketName: 'media', bucket: stores.MEDIA, missing: 'files without their object', rows: FILES },
    { bucketName: 'avatars', bucket: stores.AVATARS, missing: 'pictures without their object', rows: AVATARS },
  ]
  const findings = await Promise.all(sides.map((side) => examineBucket(stores.DB, side)))
  return findings.flat().filter(({ differences }) => differences.length > 0)
}

async function examineBucket(db: D1Database, side: Side): Promise<ObjectFinding[]> {
  const expected = await readRows(db, side.rows)
  const left = new Map(expected)
  const nobodys: Difference[] = []
  const otherSize: Difference[] = []
  for await (const { key, size } of listObjects(side.bucket)) {
    const row = left.get(key)
    left.delete(key)
    if (row && row.size !== null && row.size !== size) otherSize.push({ subject: row.subject, found: size, expected: row.size })
    if (!row && nobodys.length < ROUND_MAX && (await isNobodys(db, side, key))) nobodys.push({ subject: key, found: size })
  }
  const missing: Difference[] = []
  for (const [key, row] of left) {
    if (missing.length < ROUND_MAX && (await isMissing(db, side, key, row))) missing.push({ ...row, found: null, expected: key })
  }
  return [
    { name: side.missing, differences: missing },
    { name: `objects of another size in ${side.bucketName}`, differences: otherSize.slice(0, ROUND_MAX) },
    { name: `${OBJECTS_WITHOUT_ROW} ${side.bucketName}`, differences: nobodys },
  ]
}

async function readRows(db: D1Database, sql: string): Promise<Map<string, Expected>> {
  const expected = new Map<string, Expected>()
  for (let last = -1; ; ) {
    const { results } = await db.prepare(sql).bind(last, ROWS_AT_A_TIME).all<Expected & { key: string }>()
    for (const { key, subject, size } of results) expected.set(key, { subject, size })
    const end = results.at(-1)
    if (!end) return expected
    last = end.subject
  }
}

async function* listObjects(bucket: R2Bucket): AsyncGenerator<R2Object> {
  for (let cursor: string | undefined; ; ) {
    const page: R2Objects = await bucket.list(cursor === undefined ? {} : { cursor })
    yield* page.objects
    if (!page.truncated) return
    cursor = page.cursor
  }
}

async function isNobodys(db: D1Database, { bucketName, bucket }: Side, key: string): Promise<boolean> {
  const known = await db.prepare(IS_KNOWN).bind(bucketName, key).first()
  return known === null && (await bucket.head(key)) !== null
}

/** The object is missing, and the row still expects it. */
async function isMissing(db: D1Database, { bucket, rows }: Side, key: string, { subject }: Expected): Promise<boolean> {
  if (await bucket.head(key)) return false
  const { results } = await db
    .prepare(rows)
    .bind(subject - 1, 1)
    .all<{ key: string }>()
  return results.some((row) => row.key === key)
}
