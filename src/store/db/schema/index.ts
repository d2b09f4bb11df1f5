/** All tables, for drizzle-kit and for the test that compares them with the migrated database. */
export * from './events.ts'
export * from './machines.ts'
export * from './media.ts'
export * from './oauth.ts'
export * from './oauth-grants.ts'
export * from './sessions.ts'
export * from './social.ts'
export * from './users.ts'
