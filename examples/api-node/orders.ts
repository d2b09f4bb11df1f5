/** How a page of the app calls this API. It takes the app's client: `useKith()` in React. */
import type { Kith } from '@kith/client'

const scope = 'openid profile email delegated:all orders:read orders:write'

// #region call
export async function placeOrder(kith: Kith, url: string): Promise<unknown> {
  const response = await kith.fetch(url, { method: 'POST' })
  if (response.ok) return response.json()
  const challenge = response.headers.get('www-authenticate') ?? ''
  // A scope is missing. The person grants it, and comes back to this page.
  if (challenge.includes('insufficient_scope')) return kith.signIn({ scope })
  throw new Error(`The order was not placed: ${response.status}`)
}
// #endregion
