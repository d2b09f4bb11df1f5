/** Visits to the room epixel: log-in and refresh, profile with and without another address, refusals at each step, a picture. */
import { images, type Member, memberOf, newMember, proofOf, ROOM } from '../apis/epixel/harness.ts'
import { wrongCodes } from '../support/actors.ts'
import { png } from '../support/images.ts'
import { Client, type Options } from '../support/kith.ts'
import { PASSWORD, verifiedPerson } from '../support/people.ts'
import { visit } from './visits.ts'

const of = ({ key, access }: Member) => ({ apikey: key ?? '', ...(access === null ? {} : { authorization: `Bearer ${access}` }) })
const go = (who: Member, method: string, path: string, body?: Options['body'], wanted = [200], env?: Options['env']) =>
  visit(new Client(), method, ROOM + path, body, wanted, env, of(who))

export async function visitEpixel(): Promise<void> {
  const member = await newMember('plan_epixel')
  const { username, email } = member.person
  await go(member, 'POST', '/user/login', { username, password: PASSWORD })
  await go(member, 'POST', '/user/login', { username: email, password: 'wrong' }, [401])
  await go(member, 'POST', '/user/token/refresh', { refresh: member.refresh })
  await go(member, 'GET', '/user/get/profile')
  await go(member, 'GET', '/get/local-info')
  await go(member, 'POST', '/user/update/profile', { email, first_name: 'Plan', phone_number: '+447911123456' })
  await go(member, 'POST', '/user/update/profile', { email, first_name: 'Many' }, [429], { EPIXEL_CHANGES_PER_DAY: '1' })
  await go(member, 'POST', '/user/token-generator', { email: 'plan.new@example.com' })
  await go(member, 'POST', '/user/profile-image', images(png(), png()))
  await go(member, 'POST', '/user/profile/profile-image', images(png(), png()))
  await go(member, 'POST', '/user/profile-image', images(png(), png()), [429], { AVATAR_CHANGES_PER_DAY: '1' })
  await visitAddress(await memberOf(await verifiedPerson('plan_address')))
}

async function visitAddress(member: Member): Promise<void> {
  const email = 'plan.newer@example.com'
  const proof = await proofOf(member, email)
  const [token_field = ''] = wrongCodes(proof.token_field, 1)
  await go(member, 'POST', '/user/update/profile', { email, ...proof, token_field }, [400])
  await go(member, 'POST', '/user/update/profile', { email, last_name: 'Else', ...proof })
}
