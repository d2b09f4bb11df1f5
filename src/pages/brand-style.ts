/**
 * The operator's colours, as the style sheet's own variables: an accent that is dark enough on light pages and light enough on dark
 * ones, whatever was configured (WCAG 2.2, 1.4.3: a contrast of 4.5 for text), and what is behind the pages before sign-in.
 */
import type { Brand } from '../config-brand.ts'

type Rgb = readonly [red: number, green: number, blue: number]

const CONTRAST_MIN = 4.5
const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]
/** The style sheet's grounds. */
const LIGHT = { ground: '#f5f6f8', surface: '#ffffff', tint: 0.1, towards: BLACK, onAccent: '#ffffff' } as const
const DARK = { ground: '#121418', surface: '#1a1d23', tint: 0.14, towards: WHITE, onAccent: '#0f1420' } as const
const STEP = 0.04

export function brandStyles({ accent, background }: Pick<Brand, 'accent' | 'background'>): string {
  return [
    ...(accent === ''
      ? []
      : [`:root { ${variables(accent, LIGHT)} }`, `@media (prefers-color-scheme: dark) { :root { ${variables(accent, DARK)} } }`]),
    ...(background === '' ? [] : [`body:has(> .narrow) { ${behind(background)} }`]),
  ].join('\n')
}

function variables(accent: string, theme: typeof LIGHT | typeof DARK): string {
  const colour = legible(toRgb(accent), theme)
  const strong = mix(colour, theme.towards, 0.2)
  return [
    `--accent: ${toHex(colour)}`,
    `--accent-strong: ${toHex(strong)}`,
    `--on-accent: ${theme.onAccent}`,
    `--tint: ${toHex(tintOf(colour, theme))}`,
  ].join('; ')
}

/** The colour, or the nearest shade of it that can be read wherever the style sheet uses it. */
function legible(accent: Rgb, theme: typeof LIGHT | typeof DARK): Rgb {
  for (let share = 0; share < 1; share += STEP) {
    const colour = mix(accent, theme.towards, share)
    const beside = [toRgb(theme.ground), toRgb(theme.surface), tintOf(colour, theme), toRgb(theme.onAccent)]
    if (beside.every((other) => contrast(colour, other) >= CONTRAST_MIN)) return colour
  }
  return theme.towards
}

const tintOf = (colour: Rgb, { surface, tint }: typeof LIGHT | typeof DARK) => mix(toRgb(surface), colour, tint)

/** A picture gets its own ground, so that nothing flickers while it loads. */
function behind(background: string): string {
  if (background.startsWith('#')) return `background: ${background}`
  return `background: var(--ground) url("${background}") center / cover fixed no-repeat`
}

/** The relative luminances of two colours, compared (WCAG 2.2, "contrast ratio"). */
export function contrast(one: Rgb, other: Rgb): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const mix = (from: Rgb, to: Rgb, share: number): Rgb =>
  from.map((value, index) => Math.round(value + ((to[index] ?? 0) - value) * share)) as unknown as Rgb

export function toRgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

const toHex = (colour: Rgb) => `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`
