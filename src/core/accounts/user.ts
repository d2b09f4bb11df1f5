/** A user as rooms see one: the row without its secrets, which lie in tables of their own. */
export type { UserRow as User } from '../../store/db/users.ts'
