/** Visits to the routes of the room `movida`: the list by each kind of position, and the refusals that read something. */
import { Robot } from '../support/digest.ts'
import { makeRobot } from '../support/machines.ts'
import { signedInPerson } from '../support/people.ts'
import { visit } from './visits.ts'

export async function visitMovida(): Promise<void> {
  const person = await signedInPerson('plan_listed')
  const robot = new Robot(await makeRobot())
  const paths = [
    '/api',
    '/api/users',
    '/api/users?page=2&after=5',
    '/api/users?page=2&before=5',
    `/api/users/${Number.parseInt(person.id, 16)}`,
  ]
  for (const path of paths) await visit(robot.client, 'GET', path, undefined, [200], undefined, await robot.headers(path))
  const rotated = {
    ENCRYPTION_KEYS: JSON.stringify({
      next: 'YW5vdGhlciBlbmNyeXB0aW9uIGtleSwgMzIgYnl0ZXM',
      'test-1': 'ZW5jcnlwdGlvbi1rZXktb2YtdGVzdHMtMDEyMzQ1Njc',
    }),
  }
  await visit(robot.client, 'GET', '/api', undefined, [200], rotated, await robot.headers('/api'))
}
