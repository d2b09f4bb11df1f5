/**
 * The one scope vocabulary (wire §6.1): a tree in which a scope includes everything below it. `requires()`,
 * `scopes_supported`, `GET /user/scopes` and OpenAPI read this list. A misspelt scope in a route does not compile.
 */

const TREE = {
  '*': { parent: null, description: 'Everything that the client and the user may have' },
  'delegated:all': { parent: '*', description: 'Act for you in every way' },
  'delegated:profile:all': { parent: 'delegated:all', description: 'Everything about your profile' },
  'delegated:profile:read': { parent: 'delegated:profile:all', description: 'See profiles, including yours' },
  'delegated:profile:write': { parent: 'delegated:profile:all', description: 'Change your profile' },
  'delegated:profile:status:write': { parent: 'delegated:profile:write', description: 'Set your status' },
  'delegated:profile:avatar:write': { parent: 'delegated:profile:write', description: 'Change your picture' },
  'delegated:profile:search': { parent: 'delegated:profile:all', description: 'Search for people' },
  'delegated:profile:login-history:read': { parent: 'delegated:profile:all', description: 'See when and where you signed in' },
  'delegated:profile:2fa:all': { parent: 'delegated:profile:all', description: 'Everything about your second factors' },
  'delegated:profile:2fa:read': { parent: 'delegated:profile:2fa:all', description: 'See which second factors you have enabled' },
  'delegated:profile:2fa:write': { parent: 'delegated:profile:2fa:all', description: 'Enable and disable your second factors' },
  'delegated:social:all': { parent: 'delegated:all', description: 'Everything about whom you follow and block' },
  'delegated:social:follow:all': { parent: 'delegated:social:all', description: 'Everything about whom you follow' },
  'delegated:social:follow:read': { parent: 'delegated:social:follow:all', description: 'See followers and follow requests' },
  'delegated:social:follow:write': { parent: 'delegated:social:follow:all', description: 'Follow, unfollow and answer requests' },
  'delegated:social:follow:accept': { parent: 'delegated:social:follow:write', description: 'Accept follow requests' },
  'delegated:social:follow:remove': { parent: 'delegated:social:follow:write', description: 'Remove followers' },
  'delegated:social:follow:request': { parent: 'delegated:social:follow:write', description: 'Follow people' },
  'delegated:social:follow:unfollow': { parent: 'delegated:social:follow:write', description: 'Unfollow people' },
  'delegated:social:block:all': { parent: 'delegated:social:all', description: 'Everything about whom you block' },
  'delegated:social:block:read': { parent: 'delegated:social:block:all', description: 'See whom you block' },
  'delegated:social:block:write': { parent: 'delegated:social:block:all', description: 'Block and unblock people' },
  'delegated:social:invite-code:read': { parent: 'delegated:social:all', description: 'See your invite codes' },
  'delegated:media:all': { parent: 'delegated:all', description: 'Everything about your files' },
  'delegated:media:read': { parent: 'delegated:media:all', description: 'See your files' },
  'delegated:media:write': { parent: 'delegated:media:all', description: 'Add, change and delete your files' },
  'delegated:session:all': { parent: 'delegated:all', description: 'Everything about where you are signed in' },
  'delegated:session:read': { parent: 'delegated:session:all', description: 'See where you are signed in' },
  'delegated:session:write': { parent: 'delegated:session:all', description: 'Sign you out elsewhere' },
  'delegated:roles:all': { parent: 'delegated:all', description: 'Everything about roles that users may know' },
  'delegated:roles:read': { parent: 'delegated:roles:all', description: 'See the list of roles' },
  'delegated:system:settings:read': { parent: 'delegated:all', description: 'See the settings of the service' },
  'client:all': { parent: '*', description: 'Everything that a service may do by itself' },
  'client:oauth:all': { parent: 'client:all', description: 'Everything about tokens' },
  'client:oauth:introspect': { parent: 'client:oauth:all', description: 'Check whether a token is valid' },
  'client:oauth:register': { parent: 'client:oauth:all', description: 'Register apps' },
  'client:profile:all': { parent: 'client:all', description: 'Everything about public profiles' },
  'client:profile:read': { parent: 'client:profile:all', description: 'See public profiles' },
  'client:profile:write': { parent: 'client:profile:all', description: 'Create users of its own and change them' },
  'client:import:write': { parent: 'client:all', description: 'Import users and their follows' },
  'client:provisioning:all': { parent: 'client:all', description: 'Everything about provisioned users (SCIM)' },
  'client:provisioning:read': { parent: 'client:provisioning:all', description: 'See users and roles through SCIM' },
  'client:provisioning:write': { parent: 'client:provisioning:all', description: 'Create, change and delete users through SCIM' },
  'admin:all': { parent: '*', description: 'Administer the service' },
  'admin:profile:all': { parent: 'admin:all', description: 'Administer users' },
  'admin:profile:read': { parent: 'admin:profile:all', description: 'See everything about every user' },
  'admin:profile:write': { parent: 'admin:profile:all', description: 'Change users' },
  'admin:profile:sensitive:all': { parent: 'admin:profile:all', description: 'Everything sensitive about users' },
  'admin:profile:sensitive:low:write': { parent: 'admin:profile:sensitive:all', description: 'Verify users' },
  'admin:profile:sensitive:medium:write': { parent: 'admin:profile:sensitive:all', description: 'Restrict users' },
  'admin:profile:sensitive:high:write': { parent: 'admin:profile:sensitive:all', description: 'Ban users' },
  'admin:profile:sensitive:extreme:write': { parent: 'admin:profile:sensitive:all', description: 'Delete users' },
  'admin:roles:all': { parent: 'admin:all', description: 'Administer roles' },
  'admin:roles:read': { parent: 'admin:roles:all', description: 'See roles' },
  'admin:roles:write': { parent: 'admin:roles:all', description: 'Change roles' },
  'admin:client:all': { parent: 'admin:all', description: 'Administer clients' },
  'admin:client:read': { parent: 'admin:client:all', description: 'See clients' },
  'admin:client:write': { parent: 'admin:client:all', description: 'Change clients' },
  'admin:statistics:read': { parent: 'admin:all', description: 'See figures about the service' },
  'admin:audit:read': { parent: 'admin:all', description: 'See who did what' },
  'admin:mail:all': { parent: 'admin:all', description: 'Administer emails' },
  'admin:mail:read': { parent: 'admin:mail:all', description: 'See which emails are sent, and their templates' },
  'admin:mail:write': { parent: 'admin:mail:all', description: 'Send emails again' },
  'admin:settings:read': { parent: 'admin:all', description: 'See the settings and the health of the service' },
  'admin:import:write': { parent: 'admin:all', description: 'Import users and their follows' },
  'admin:webhook:all': { parent: 'admin:all', description: 'Administer webhooks' },
  'admin:webhook:read': { parent: 'admin:webhook:all', description: 'See webhooks and what was delivered' },
  'admin:webhook:write': { parent: 'admin:webhook:all', description: 'Change webhooks and deliver again' },
  'admin:impersonate': { parent: 'admin:all', description: 'See the service as a user sees it' },
  openid: { parent: '*', description: 'Know who you are' },
  profile: { parent: '*', description: 'See your name and the rest of your profile' },
  email: { parent: '*', description: 'See your email address' },
  phone: { parent: '*', description: 'See your phone number' },
  address: { parent: '*', description: 'See the country you live in' },
} as const

export type Scope = keyof typeof TREE

export const SCOPES: Readonly<Record<Scope, { readonly parent: Scope | null; readonly description: string }>> = TREE

/**
 * OpenID Connect Core §5.4: what a client may learn about the user; no power to act. They are not part of
 * `delegated:all`: a client is registered for each of them (or for `*`), and roles do not restrict them.
 */
const IDENTITY_SCOPES: readonly Scope[] = ['openid', 'profile', 'email', 'phone', 'address']

export function isIdentityScope(scope: Scope): boolean {
  return IDENTITY_SCOPES.includes(scope)
}

/** The part of `scopes` that a user holds, by role or session. Identity scopes pass if named. */
export function withinPerson(scopes: readonly Scope[], held: readonly Scope[]): Scope[] {
  const powers = scopes.filter((scope) => !isIdentityScope(scope))
  return [...scopes.filter(isIdentityScope), ...intersectScopes(powers, held).filter((scope) => !isIdentityScope(scope))]
}

export function isScope(text: string): text is Scope {
  return Object.hasOwn(TREE, text)
}

/** Scope lists come with spaces (RFC 6749 §3.3) or commas (Liquid's clients). */
export function parseScopes(text: string): { readonly scopes: Scope[]; readonly unknown: string[] } {
  const names = [...new Set(text.split(/[\s,]+/).filter(Boolean))]
  return { scopes: names.filter(isScope), unknown: names.filter((name) => !isScope(name)) }
}

const SHOWN_NAMES = 3
const SHOWN_LENGTH = 64

/** Names of scopes for an error message. An unknown one is the caller's text. */
export function listScopes(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => (name.length <= SHOWN_LENGTH ? name : `${name.slice(0, SHOWN_LENGTH)}…`))
  return names.length > SHOWN_NAMES ? `${shown.join(', ')} and ${names.length - SHOWN_NAMES} more` : shown.join(', ')
}

/** A list from our own database: a name that no longer exists grants nothing. */
export function storedScopes(text: string): Scope[] {
  return text.split(' ').filter(isScope)
}

/** Whether `held` includes `wanted`. */
export function covers(held: Scope, wanted: Scope): boolean {
  for (let at: Scope | null = wanted; at !== null; at = SCOPES[at].parent) if (at === held) return true
  return false
}

export function coveredBy(held: readonly Scope[], wanted: Scope): boolean {
  return held.some((scope) => covers(scope, wanted))
}

/**
 * The intersection of two lists: of each related pair the narrower one. Identity scopes must be named; a `*` beside
 * them does not imply them.
 */
export function intersectScopes(a: readonly Scope[], b: readonly Scope[]): Scope[] {
  const both = new Set<Scope>()
  for (const left of a) {
    for (const right of b) {
      if (covers(left, right)) both.add(right)
      else if (covers(right, left)) both.add(left)
    }
  }
  const isCovered = (scope: Scope) => [...both].some((other) => other !== scope && covers(other, scope))
  return [...both].filter((scope) => isIdentityScope(scope) || !isCovered(scope))
}

/**
 * Powers over the service and over others. Only someone who holds one may grant it, or take over an account that has
 * it; and a user is always asked before an app gets one.
 */
const POWERS: readonly Scope[] = ['admin:all', 'client:all']

/** The powers among `scopes`. */
export function powersOf(scopes: readonly Scope[]): Scope[] {
  return intersectScopes(scopes, POWERS)
}

/** Whether a user may grant the scope. With `*` in their role they hold everything below it in a signed-in browser. */
export function holds(held: readonly Scope[], wanted: Scope): boolean {
  const parts = wanted === '*' ? (['delegated:all', ...POWERS] as const) : [wanted]
  return parts.every((scope) => coveredBy(held, scope))
}

/** What is forbidden to a restricted account: social, profile and media writes, its own or another's, and to act as somebody else. */
export function isRefusedWhileRestricted(scope: Scope): boolean {
  const writes: Scope[] = [
    'delegated:profile:write',
    'delegated:social:follow:write',
    'delegated:social:block:write',
    'delegated:media:write',
    'admin:profile:write',
    'admin:profile:sensitive:all',
    'admin:roles:write',
    'admin:client:write',
    'admin:mail:write',
    'admin:import:write',
    'admin:webhook:write',
    'admin:impersonate',
  ]
  return writes.some((write) => covers(write, scope))
}
