/** An app on a phone: people sign in with the system's browser, and stay signed in when the app is closed. */
import { KithError } from '@kith/client'
import { KithProvider, SignedIn, SignedOut, useKith, useUser } from '@kith/client/react'
import * as ImagePicker from 'expo-image-picker'
import { type ReactElement, useEffect, useState } from 'react'
import { Button, Image, Linking, Text, View } from 'react-native'
import { kith } from './kith.ts'

export function App(): ReactElement {
  return (
    <KithProvider client={kith}>
      <View style={{ padding: 48, gap: 16 }}>
        <SignedOut>
          <Welcome />
        </SignedOut>
        <SignedIn>
          <Profile />
        </SignedIn>
      </View>
    </KithProvider>
  )
}

/** Runs what a button does; what goes wrong is for the person. */
function useAction(): { run: (action: () => Promise<unknown>) => Promise<void>; problem: string } {
  const [problem, setProblem] = useState('')
  async function run(action: () => Promise<unknown>) {
    setProblem('')
    try {
      await action()
    } catch (error) {
      if (!(error instanceof KithError)) throw error
      setProblem(sentenceFor(error) ?? '')
    }
  }
  return { run, problem }
}

/** Null where there is nothing to say. */
function sentenceFor(error: KithError): string | null {
  switch (error.kind) {
    case 'offline':
    case 'timeout':
      return 'No connection. Please try again.'
    case 'sign_in_failed':
      return ['closed', 'callback_used'].includes(error.reason) ? null : error.message
    default:
      return error.message
  }
}

// #region sign-in
function Welcome(): ReactElement {
  const { run, problem } = useAction()
  useFinishedSignIn((url) => run(() => kith.handleRedirect(url)))
  return (
    <View>
      <Text>Welcome</Text>
      <Button title="Sign in" onPress={() => run(() => kith.signIn())} />
      <Button title="Create an account" onPress={() => run(() => kith.signUp())} />
      <Text>{problem}</Text>
    </View>
  )
}

/** Android may stop the app while the user is in the browser. The callback then starts it again. */
function useFinishedSignIn(finish: (url: string) => void): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the app starts
  useEffect(() => {
    Linking.getInitialURL().then((url) => url?.startsWith('kith-demo://callback') && finish(url))
  }, [])
}
// #endregion

function Profile(): ReactElement {
  const client = useKith()
  const { user, error, reload } = useUser()
  const { run, problem } = useAction()
  const [progress, setProgress] = useState('')
  if (!user) return <Text>{error ? sentenceFor(error) : 'One moment…'}</Text>

  // #region upload
  async function changePicture() {
    const { assets } = await ImagePicker.launchImageLibraryAsync({ mediaTypes: ['images'] })
    const uri = assets?.[0]?.uri
    if (uri === undefined) return
    const picture = await (await fetch(uri)).blob()
    await client.uploadAvatar(picture, { onProgress: ({ loaded, total }) => setProgress(`${Math.round((100 * loaded) / total)} %`) })
    await reload()
  }
  // #endregion

  return (
    <View>
      {user.profilePictureUrl && <Image source={{ uri: user.profilePictureUrl }} style={{ width: 96, height: 96 }} />}
      <Text>Hello, {user.firstName}</Text>
      <Button title="Change picture" onPress={() => run(changePicture)} />
      <Text>{progress}</Text>
      <Button title="Sign out" onPress={() => run(() => client.signOut())} />
      <Text>{problem}</Text>
    </View>
  )
}
