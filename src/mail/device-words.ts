/** Devices, places and times in words, for people who look for their own: in mails and on the page of devices. */

/** The first that fits: most browsers also claim to be the ones further down. */
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

/** "Firefox on Linux" of a User-Agent header, which is the caller's text: shown, never trusted. */
export function deviceName(userAgent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1]
  if (browser === undefined) return [...userAgent].slice(0, LENGTH_MAX).join('') || 'Unknown device'
  return system === undefined ? browser : `${browser} on ${system}`
}

const COUNTRIES = new Intl.DisplayNames(['en'], { type: 'region' })

/** "Lisbon, Portugal" of "Lisbon, PT". */
export function placeName(place: string): string {
  return place.replace(/(?<=^|, )[A-Z]{2}$/, (code) => COUNTRIES.of(code) ?? code)
}

const FORMAT: Intl.DateTimeFormatOptions = {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
}

/** "22 November 2026 at 15:03 CET": the clock of that zone, by its name or its distance from UTC; UTC where none is known. */
export function localTime(at: number, timeZone: string | null): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...FORMAT, timeZone: timeZone ?? 'UTC' }).format(at)
  } catch {
    // A zone that this runtime does not know.
    return new Intl.DateTimeFormat('en-GB', { ...FORMAT, timeZone: 'UTC' }).format(at)
  }
}
