/** Many people at once, straight into the database, for what must cost the same however many there are. */
import { newId } from '../../src/ids.ts'
import { db } from '../support/kith.ts'

let crowds = 0

/** Verified people without passwords; returns their ids. */
export async function makeCrowd(size: number): Promise<number[]> {
  crowds += 1
  const ids = Array.from({ length: size }, () => newId() as number)
  await db
    .prepare(
      `INSERT INTO users (id, username, username_key, email_verified_at, given_name, family_name, bio, created_at, updated_at)
       SELECT value, ?2 || key, ?2 || key, 1, 'One', 'Ofmany', 'Stands in the crowd.', 1, 1 FROM json_each(?1)`,
    )
    .bind(JSON.stringify(ids), `crowd${crowds}_`)
    .run()
  return ids
}

type Pairs = readonly (readonly [number, number])[]

export async function putEdges(pairs: Pairs, approved = true): Promise<void> {
  const rows = pairs.map(([from, to]) => [newId(), from, to, approved ? 1 : null])
  await db
    .prepare(
      `INSERT INTO follows (id, follower_id, followed_id, approved_at)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
    )
    .bind(JSON.stringify(rows))
    .run()
}

export async function putBlocks(pairs: Pairs): Promise<void> {
  const rows = pairs.map(([from, to]) => [newId(), from, to])
  await db
    .prepare(
      'INSERT INTO blocks (id, blocker_id, blocked_id, created_at) SELECT value ->> 0, value ->> 1, value ->> 2, 1 FROM json_each(?)',
    )
    .bind(JSON.stringify(rows))
    .run()
}
