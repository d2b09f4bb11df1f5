/** Whether the page is in a session that may only look (core/impersonation.ts): no form can be sent, and a banner says why. */
import { createContext, useContext } from 'hono/jsx'

const LookOnly = createContext(false)

/** Everything on a page is inside it (`layout.tsx`). */
export const WithLookOnly = LookOnly.Provider

export const useLookOnly = (): boolean => useContext(LookOnly)
