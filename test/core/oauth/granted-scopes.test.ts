// Which scopes are granted: RFC 6749 §3.3 and §6, wire §6.1. Security row 39.
import { describe, expect, test } from 'vitest'
import { grantedByPerson, narrowedTo, scopesOfRefresh, scopesWithin } from '../../../src/core/oauth/granted-scopes.ts'
import { covers, intersectScopes, isScope, SCOPES, type Scope } from '../../../src/core/scopes.ts'

const ALL = Object.keys(SCOPES) as Scope[]
const invalidScope = expect.objectContaining({ code: 'invalid_scope' })

describe('intersectScopes', () => {
  test('for every pair: the narrower one where they are related, nothing where they are not', () => {
    for (const a of ALL) {
      for (const b of ALL) {
        const expected = covers(a, b) ? [b] : covers(b, a) ? [a] : []
        expect(intersectScopes([a], [b])).toEqual(expected)
      }
    }
  })
  test('never more than either side', () => {
    const left: Scope[] = ['delegated:profile:all', 'delegated:media:read', 'admin:all']
    const right: Scope[] = ['delegated:profile:read', 'delegated:all', 'client:all']
    for (const scope of intersectScopes(left, right)) {
      expect(left.some((held) => covers(held, scope)) && right.some((held) => covers(held, scope))).toBe(true)
    }
    expect(intersectScopes(left, [])).toEqual([])
  })
})

describe('scopesWithin', () => {
  test('what was asked for, within what is allowed', () => {
    expect(scopesWithin('delegated:profile:read', ['*'])).toEqual(['delegated:profile:read'])
    expect(scopesWithin('*', ['delegated:profile:read', 'delegated:media:all'])).toEqual(['delegated:profile:read', 'delegated:media:all'])
    expect(scopesWithin(undefined, ['delegated:media:all'])).toEqual(['delegated:media:all'])
    expect(scopesWithin('delegated:profile:read, delegated:media:read', ['*'])).toEqual(['delegated:profile:read', 'delegated:media:read'])
  })
  test('OpenID Connect Core §3.1.2.1: unknown names are ignored while others are left', () => {
    expect(scopesWithin('openid https://graph.example/.default groups', ['*'])).toEqual(['openid'])
    expect(scopesOfRefresh('openid groups', ['openid'])).toEqual(['openid'])
    expect(() => scopesWithin('groups roles a b', ['*'])).toThrow('Unknown scope: groups, roles, a and 1 more')
    for (const malformed of ['openid "x"', 'openid gr\u00fc\u00dfe', 'openid a\\b', 'openid \u0001']) {
      expect(() => scopesWithin(malformed, ['*']), malformed).toThrow(/is no name of a scope$/)
    }
    expect(() => scopesWithin('x'.repeat(5_000), ['*'])).toThrow(/^Unknown scope: x{64}… /)
  })
  test('each known name must count for something', () => {
    for (const asked of ['admin:all', 'delegated:media:read admin:all', 'nonsense', 'DELEGATED:ALL', 'toString', ' ', ',']) {
      expect(() => scopesWithin(asked, ['delegated:all']), asked).toThrow(invalidScope)
    }
    expect(() => scopesWithin(undefined, [])).toThrow(invalidScope)
  })
  test('the scopes of OpenID Connect are given to who names them, and no role takes them away', () => {
    const allowed: Scope[] = ['openid', 'email', 'delegated:media:all']
    expect(scopesWithin(undefined, allowed)).toEqual(['delegated:media:all'])
    expect(() => scopesWithin(undefined, ['openid'])).toThrow(invalidScope)
    expect(scopesWithin('openid email offline_access', allowed)).toEqual(['openid', 'email'])
    expect(scopesWithin('openid *', ['*']).sort()).toEqual(['*', 'openid'])
    expect(() => scopesWithin('openid profile', allowed)).toThrow(invalidScope)
    expect(() => scopesWithin('openid', ['delegated:all'])).toThrow(invalidScope)
    for (const held of [['delegated:all'], ['*'], ['delegated:media:read']] as Scope[][]) {
      expect(grantedByPerson(['openid', 'delegated:media:read'], held)).toEqual(['openid', 'delegated:media:read'])
      expect(grantedByPerson(['*'], held)).not.toContain('openid')
    }
    expect(grantedByPerson(['openid', 'admin:all'], ['delegated:all'])).toEqual(['openid'])
  })
  test('an unrequested limit narrows silently, but not to nothing', () => {
    expect(narrowedTo(['*'], ['delegated:all'])).toEqual(['delegated:all'])
    expect(narrowedTo(['delegated:profile:read', 'admin:all'], ['delegated:all'])).toEqual(['delegated:profile:read'])
    expect(() => narrowedTo(['admin:all'], ['delegated:all'])).toThrow(invalidScope)
  })
})

test('scopesOfRefresh: less, never more', () => {
  const granted: Scope[] = ['delegated:profile:all', 'delegated:media:read']
  expect(scopesOfRefresh(undefined, granted)).toEqual(granted)
  expect(scopesOfRefresh('*', granted)).toEqual(granted)
  expect(scopesOfRefresh('delegated:profile:read', granted)).toEqual(['delegated:profile:read'])
  for (const scope of ALL) {
    const isGranted = granted.some((held) => covers(held, scope))
    if (isGranted) expect(scopesOfRefresh(scope, granted)).toEqual([scope])
    else if (scope !== '*') expect(() => scopesOfRefresh(scope, granted), scope).toThrow(invalidScope)
  }
})

test('a scope is a name of the tree, not of Object.prototype', () => {
  for (const name of ['constructor', '__proto__', 'toString', '']) expect(isScope(name)).toBe(false)
})
