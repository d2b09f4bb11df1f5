/** `@kith/client`: sign-in, tokens and every operation of Kith in an app. */
export type { paths } from './generated/user.ts'
