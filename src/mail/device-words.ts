/** Describes devices, places and times to their owners, in mails and on pages. */
import { fill, type Texts } from '../texts/texts.ts'

/** The first match counts: most browsers also claim to be those further down. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/(Chrome|Chromium|CriOS)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPad\b/, 'iPad'],
  [/\biPhone\b/, 'iPhone'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
]
const LENGTH_MAX = 80

/** "Firefox on Linux" from a User-Agent header. The header is the caller's text: shown, never trusted. */
export function deviceName({ devices }: Pick<Texts, 'devices'>, userAgent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1]
  if (browser === undefined) return [...userAgent].slice(0, LENGTH_MAX).join('') || devices.unknown
  return system === undefined ? browser : fill(devices.on, { browser, system })
}

/** "Lisbon, PT" -> "Lisbon, Portugal". */
export function placeName({ locale, direction }: Pick<Texts, 'locale' | 'direction'>, place: string): string {
  const countries = new Intl.DisplayNames([locale], { type: 'region' })
  const name = place.replace(/(?<=^|, )[A-Z]{2}$/, (code) => countries.of(code) ?? code)
  return direction === 'rtl' ? name.replaceAll(', ', '، ') : name
}

const FORMAT: Intl.DateTimeFormatOptions = {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
}

/** "22 November 2026 at 15:03 CET", in that zone; UTC if unknown. */
export function localTime({ locale }: Pick<Texts, 'locale'>, at: number, timeZone: string | null): string {
  // As on pages: most readers of English are not in the United States.
  const tag = locale === 'en' ? 'en-GB' : locale
  try {
    return new Intl.DateTimeFormat(tag, { ...FORMAT, timeZone: timeZone ?? 'UTC' }).format(at)
  } catch {
    // This runtime does not know the zone.
    return new Intl.DateTimeFormat(tag, { ...FORMAT, timeZone: 'UTC' }).format(at)
  }
}
