/** A user as rooms see one: the row without its secrets, which are in separate tables. */
export type { UserRow as User } from '../../store/db/users.ts'
