/** The languages that Kith speaks, and which of them a reader gets. A new one: a file like `en.ts`, and its line here. */

interface Language {
  /** What its speakers call it. */
  readonly name: string
  readonly direction: 'ltr' | 'rtl'
  /**
   * Its catalogue as JSON, which `npm run assets` makes of its file: a module of its own, which an isolate reads when somebody
   * reads it. As code, all of them would be read at every start.
   */
  readonly load: () => Promise<{ readonly default: string }>
}

export const LANGUAGES = {
  en: { name: 'English', direction: 'ltr', load: () => import('./built/en.txt') },
  de: { name: 'Deutsch', direction: 'ltr', load: () => import('./built/de.txt') },
  es: { name: 'Español', direction: 'ltr', load: () => import('./built/es.txt') },
  fr: { name: 'Français', direction: 'ltr', load: () => import('./built/fr.txt') },
  'pt-BR': { name: 'Português (Brasil)', direction: 'ltr', load: () => import('./built/pt-br.txt') },
  ja: { name: '日本語', direction: 'ltr', load: () => import('./built/ja.txt') },
  ar: { name: 'العربية', direction: 'rtl', load: () => import('./built/ar.txt') },
} as const satisfies Record<string, Language>

export type Locale = keyof typeof LANGUAGES
export const LOCALES = Object.keys(LANGUAGES) as Locale[]

/** What Kith falls back on. */
export const DEFAULT_LOCALE: Locale = 'en'

/**
 * The first of `wanted` (BCP 47 language tags, best first) that Kith speaks, by the lookup of RFC 4647 §3.4: `de-AT` gets `de`.
 * A tag for which there is only another region, such as `pt-PT` for `pt-BR`, gets that one. Null if there is none.
 */
export function matchLocale<L extends string = Locale>(
  wanted: readonly string[],
  spoken: readonly L[] = LOCALES as readonly string[] as readonly L[],
): L | null {
  for (const tag of wanted) {
    const subtags = tag.toLowerCase().split('-')
    for (let length = subtags.length; length > 0; length -= 1) {
      const range = subtags.slice(0, length).join('-')
      const found =
        spoken.find((locale) => locale.toLowerCase() === range) ??
        (length === 1 ? spoken.find((locale) => locale.toLowerCase().startsWith(`${range}-`)) : undefined)
      if (found) return found
    }
  }
  return null
}

const TAGS_READ_MAX = 20

/** The tags of `Accept-Language` (RFC 9110 §12.5.4), best first, without those that are refused (`q=0`). */
export function acceptedTags(header: string): string[] {
  return header
    .slice(0, 1000)
    .split(',', TAGS_READ_MAX)
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((part) => part.trim())
      const quality = parameters.find((parameter) => /^q=/i.test(parameter))
      return { tag, quality: quality === undefined ? 1 : Number(quality.slice(2)) }
    })
    .filter(({ tag, quality }) => /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i.test(tag) && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)
}

/** A page may return to another one, which returns to an authorization request. */
const RETURNS_MAX = 3

/** The tags of `ui_locales` (OpenID Connect Core §3.1.2.1), in this request or in the authorization request that it returns to. */
export function askedTags(url: string): string[] {
  let query = queryOf(url)
  for (let level = 0; level < RETURNS_MAX && !query.has('ui_locales'); level += 1) query = queryOf(query.get('return_to') ?? '')
  return (query.get('ui_locales') ?? '').slice(0, 200).split(/[\s,]+/)
}

/** What a request says about its reader's language, best first: what it asks for, what was chosen in this browser, what that prefers. */
export function languagesOf({ url, headers }: Request): string[] {
  const [, chosen = ''] = /(?:^|;\s*)locale=([\w-]{1,35})(?:;|$)/.exec(headers.get('cookie') ?? '') ?? []
  return [...askedTags(url), chosen, ...acceptedTags(headers.get('accept-language') ?? '')]
}

const queryOf = (url: string) => new URLSearchParams(/\?([^#]{0,8000})/.exec(url)?.[1] ?? '')
