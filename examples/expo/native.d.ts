/** What the example uses of Expo and React Native, for where they are not installed: this repository type-checks and tests without them. */
declare module 'expo' {
  export function registerRootComponent(component: () => import('react').ReactElement): void
}

declare module 'expo-crypto' {
  export enum CryptoDigestAlgorithm {
    SHA256 = 'SHA-256',
  }
  export function getRandomValues<T extends Uint8Array>(array: T): T
  export function digest(algorithm: CryptoDigestAlgorithm, data: BufferSource): Promise<ArrayBuffer>
}

declare module 'expo-image-picker' {
  export function launchImageLibraryAsync(options: {
    mediaTypes: 'images'[]
  }): Promise<{ canceled: boolean; assets: { uri: string; mimeType?: string }[] | null }>
}

declare module 'expo-secure-store' {
  export const AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: number
  export interface SecureStoreOptions {
    keychainAccessible?: number
  }
  export function getItemAsync(key: string, options?: SecureStoreOptions): Promise<string | null>
  export function setItemAsync(key: string, value: string, options?: SecureStoreOptions): Promise<void>
  export function deleteItemAsync(key: string, options?: SecureStoreOptions): Promise<void>
}

declare module 'expo-web-browser' {
  type Result = { type: 'success'; url: string } | { type: 'cancel' | 'dismiss' | 'opened' | 'locked' }
  export function openAuthSessionAsync(url: string, redirectUrl?: string | null, options?: object): Promise<Result>
}

declare module 'react-native' {
  import type { ReactElement, ReactNode } from 'react'

  interface Boxed {
    style?: object
    children?: ReactNode
  }
  export function View(props: Boxed): ReactElement
  export function Text(props: Boxed): ReactElement
  export function Button(props: { title: string; onPress: () => void }): ReactElement
  export function Image(props: { source: { uri: string }; style?: object }): ReactElement
  export const Linking: { getInitialURL(): Promise<string | null> }
}
