// What the React components share, when another person signs in while it is being loaded: nothing of the one is shown to the other.
import { beforeEach, expect, test, vi } from 'vitest'
import { FollowStore } from '../../client/dist/react/follow-store.js'
import { UserStore } from '../../client/dist/react/user-store.js'
import { newBrowser, newUser, platform } from '../apis/oauth/harness.ts'
import { newPerson } from '../apis/oauth/openid.ts'
import { newAppBrowser } from './browser.ts'

beforeEach(() => platform.reset())

async function newPage() {
  const browser = await newAppBrowser()
  const kith = await browser.openSignedIn()
  /** In another tab. */
  async function switchPerson(): Promise<string> {
    const tab = browser.open()
    await tab.signIn()
    await tab.handleRedirect(await browser.visit((await newBrowser(await newUser())).cookie))
    await vi.waitFor(() => expect(kith.session).toEqual(tab.session))
    return (await tab.get('/user/me')).user._id
  }
  return { browser, kith, switchPerson }
}

test('a profile that nobody looked at meanwhile is not shown to the next person', async () => {
  const { kith, switchPerson } = await newPage()
  const store = new UserStore(kith)
  const stop = store.subscribe(() => {})
  await vi.waitFor(() => expect(store.get().user).not.toBeNull())
  stop()
  const next = await switchPerson()
  expect(store.get()).toMatchObject({ user: null, isLoading: true })
  store.subscribe(() => {})
  await vi.waitFor(() => expect(store.get().user?._id).toBe(next))
})

test("answers about the first person's follows do not count for the next", async () => {
  const { browser, kith, switchPerson } = await newPage()
  const target = (await newPerson()).toString(16).padStart(24, '0')
  const store = new FollowStore(kith)
  store.subscribe(() => {})
  const held = Promise.withResolvers<void>()
  browser.trouble = async ({ method, url }, forward) => {
    const response = await forward()
    if (method === 'POST' && /follow|relationships/.test(url)) await held.promise
    return response
  }
  store.ask(target)
  const following = store.follow(target)
  const { subject } = store
  await vi.waitFor(() => expect([browser.sent('/user/relationships'), browser.sent('/user/follow')]).toEqual([1, 1]))
  await switchPerson()
  held.resolve()
  await following
  store.put(target, 'requested', subject)
  await vi.waitFor(async () => expect((await kith.get('/user/me')).user).toBeDefined())
  expect([...store.get()]).toEqual([])
})
