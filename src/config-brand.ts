/** How the deployment presents itself to people: the operator's own name, pictures, colours and links. */
import type { Vars } from './config-vars.ts'

export interface Brand {
  /** The product's name: on pages, in mails, in authenticator apps. */
  readonly name: string
  /** Empty: Kith's own mark. */
  readonly logoUrl: string
  readonly faviconUrl: string
  /** `#rrggbb`; empty: Kith's own. */
  readonly accent: string
  /** `#rrggbb`, or the URL of a picture, behind the pages before sign-in; empty: none. */
  readonly background: string
  /** Empty: no link. */
  readonly termsUrl: string
  readonly privacyUrl: string
  /** May be a `mailto:` URL. */
  readonly supportUrl: string
}

export function brandOf(vars: Vars): Brand {
  return {
    name: vars.BRAND_NAME || (parseSender(vars.MAIL_FROM).name ?? 'Kith'),
    logoUrl: vars.BRAND_LOGO_URL,
    faviconUrl: vars.BRAND_FAVICON_URL,
    accent: vars.BRAND_ACCENT,
    background: vars.BRAND_BACKGROUND,
    termsUrl: vars.TERMS_URL,
    privacyUrl: vars.PRIVACY_URL,
    supportUrl: vars.SUPPORT_URL,
  }
}

export interface Sender {
  readonly name: string | null
  readonly email: string
}

/** `Name <a@b>`, with or without quotes around the name. */
const NAMED_ADDRESS = /^\s*"?([^"<>]*?)"?\s*<([^<>\s]+)>\s*$/
/** Parses MAIL_FROM: `a@b` or `Name <a@b>`. */
export function parseSender(from: string): Sender {
  const [, name, email] = NAMED_ADDRESS.exec(from) ?? []
  return email === undefined ? { name: null, email: from.trim() } : { name: name?.trim() || null, email }
}
