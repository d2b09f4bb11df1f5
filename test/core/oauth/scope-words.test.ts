// The headings under which people see scopes, on the consent page and in the list of connected apps.
import { expect, test } from 'vitest'
import { inWords } from '../../../src/core/oauth/scope-words.ts'
import { SCOPES } from '../../../src/core/scopes.ts'

/** Those that are about the whole account. */
const WHOLE_ACCOUNT = ['*', 'delegated:all']

test('only the scopes for everything are shown as the whole account', () => {
  const unplaced = inWords(Object.keys(SCOPES)).filter(({ scope, group }) => group === 'account' && !WHOLE_ACCOUNT.includes(scope))
  expect(unplaced.map(({ scope, area }) => `${scope} is shown under "${area}": add it to AREAS in src/core/oauth/scope-words.ts`)).toEqual(
    [],
  )
})
