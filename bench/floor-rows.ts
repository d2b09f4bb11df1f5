// The floors' own database: written once by runtime.ts, read and updated by floors.ts.
export const FLOOR_ROWS = 1000

export const FLOOR_SCHEMA = [
  `CREATE TABLE floor_users (
     id INTEGER PRIMARY KEY, username TEXT NOT NULL, email TEXT NOT NULL, given_name TEXT, family_name TEXT,
     display_name TEXT, bio TEXT, is_private INTEGER NOT NULL, epoch INTEGER NOT NULL, created_at INTEGER NOT NULL)`,
  'CREATE TABLE floor_claims (id INTEGER PRIMARY KEY, uses INTEGER NOT NULL, used_at INTEGER, revoked_at INTEGER)',
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${FLOOR_ROWS})
     INSERT INTO floor_users SELECT i, 'bench_' || i, 'bench_' || i || '@example.com', 'Bench', 'User',
       'Bench User', 'One row, read by its primary key.', 0, 1, 1767225600000 FROM n`,
  `INSERT INTO floor_claims SELECT id, 0, NULL, NULL FROM floor_users`,
]
