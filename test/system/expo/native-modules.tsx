/**
 * Stand-ins for Expo's modules and React Native, all in one: the app of `examples/expo` runs on them in a page. What a phone keeps
 * outside of the app (Keychain, browser, pictures) is in the test, behind `phone`.
 */
import type { ComponentType, ReactNode } from 'react'
import { createRoot } from 'react-dom/client'

/** What the test exposes to the page. */
export interface Phone {
  getItem(key: string): Promise<string | null>
  setItem(key: string, value: string): Promise<void>
  deleteItem(key: string): Promise<void>
  openBrowser(url: string, backTo: string): Promise<string | null>
  readonly initialUrl: string | null
  readonly picture: string
  /** The page's own, which the app does not see: Hermes has none. */
  readonly crypto: Crypto
}
declare const phone: Phone

// expo
export function registerRootComponent(App: ComponentType): void {
  createRoot(document.body.appendChild(document.createElement('main'))).render(<App />)
}

// expo-secure-store
export const AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY = 1
const checked = (key: string) => {
  if (!/^[\w.-]+$/.test(key)) throw new Error(`Invalid key provided to SecureStore: ${key}`)
  return key
}
export const getItemAsync = async (key: string) => phone.getItem(checked(key))
export async function setItemAsync(key: string, value: string, { keychainAccessible }: { keychainAccessible?: number } = {}) {
  if (new TextEncoder().encode(value).length > 2048) throw new Error('Value being stored in SecureStore is larger than 2048 bytes')
  if (keychainAccessible !== AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY) throw new Error('It would be restored on other devices')
  await phone.setItem(checked(key), value)
}
export const deleteItemAsync = async (key: string) => phone.deleteItem(checked(key))

// expo-web-browser
export async function openAuthSessionAsync(address: string, backTo: string) {
  const url = await phone.openBrowser(address, backTo)
  return url === null ? { type: 'cancel' } : { type: 'success', url }
}

// expo-crypto
export const getRandomValues = (array: Uint8Array<ArrayBuffer>) => phone.crypto.getRandomValues(array)
export const digest = (algorithm: string, data: BufferSource) => phone.crypto.subtle.digest(algorithm, data)

// expo-image-picker
export const launchImageLibraryAsync = async () => ({ canceled: false, assets: [{ uri: phone.picture }] })

// react-native
type Boxed = { children?: ReactNode }
export const View = ({ children }: Boxed) => <div>{children}</div>
export const Text = ({ children }: Boxed) => <p>{children}</p>
export const Image = ({ source }: { source: { uri: string } }) => <img src={source.uri} alt="" />
export const Button = ({ title, onPress }: { title: string; onPress: () => void }) => (
  <button type="button" onClick={onPress}>
    {title}
  </button>
)
export const Linking = { getInitialURL: () => Promise.resolve(phone.initialUrl) }
