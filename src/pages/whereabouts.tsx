/** Devices and places: words of ours around names that are not, all in the direction of the reader's language (Unicode UAX 9). */
import { deviceName, placeName } from '../mail/device-words.ts'
import { Isolated } from './isolated.tsx'
import { useTexts } from './texts.tsx'

export function Device({ userAgent }: { userAgent: string }) {
  const t = useTexts()
  return <bdi dir={t.direction}>{deviceName(t, userAgent)}</bdi>
}

export function Place({ place }: { place: string }) {
  const t = useTexts()
  return <bdi dir={t.direction}>{placeName(t, place)}</bdi>
}

/** Where somebody is signed in: an app, by its name, or a browser. */
export function AppOrDevice({ name, userAgent }: { name: string | null; userAgent: string }) {
  return name === null ? <Device userAgent={userAgent} /> : <Isolated>{name}</Isolated>
}
