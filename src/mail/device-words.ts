/** Describes devices, places and times to their owners, in mails and on the page of devices. */

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
export function deviceName(userAgent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1]
  if (browser === undefined) return [...userAgent].slice(0, LENGTH_MAX).join('') || 'Unknown device'
  return system === undefined ? browser : `${browser} on ${system}`
}

const COUNTRIES = new Intl.DisplayNames(['en'], { type: 'region' })

/** "Lisbon, PT" -> "Lisbon, Portugal". */
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

/** "22 November 2026 at 15:03 CET", in that zone; UTC if unknown. */
export function localTime(at: number, timeZone: string | null): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...FORMAT, timeZone: timeZone ?? 'UTC' }).format(at)
  } catch {
    // This runtime does not know the zone.
    return new Intl.DateTimeFormat('en-GB', { ...FORMAT, timeZone: 'UTC' }).format(at)
  }
}
