/** The client, with what it needs from the phone. */
import { createKith } from '@kith/client'
import { nativeEnvironment } from '@kith/client/react-native'
import * as crypto from 'expo-crypto'
import * as secureStore from 'expo-secure-store'
import * as webBrowser from 'expo-web-browser'

export const kith = createKith({
  // Expo exposes variables that begin with EXPO_PUBLIC_.
  origin: process.env.EXPO_PUBLIC_KITH ?? 'http://localhost:8787',
  clientId: process.env.EXPO_PUBLIC_CLIENT_ID ?? 'demo-native',
  // In your own app, use your reversed domain (com.example.app:/callback) or an https URL that opens the app.
  redirectUri: 'kith-demo://callback',
  postLogoutRedirectUri: 'kith-demo://signed-out',
  environment: nativeEnvironment({ secureStore, webBrowser, crypto }),
})
