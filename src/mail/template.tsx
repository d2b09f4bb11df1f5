/**
 * The HTML part of every mail. It loads nothing. Styles are in the elements, because some programs drop style sheets; the sheet only
 * turns the colours dark. Tables are where Outlook needs them, for the width and the button. Escaping is JSX's.
 */
import { partsOf } from '../texts/texts.ts'
import { type Block, type Content, shownUrl } from './content.ts'

const FONT = 'font-family: system-ui, -apple-system, Roboto, Helvetica, Arial, sans-serif'
const TEXT = `margin: 0 0 16px; color: #1b1e23; font-size: 16px; line-height: 1.5; ${FONT}`
const QUIET = `margin: 0 0 8px; color: #5b626d; font-size: 13px; line-height: 1.5; ${FONT}`
const CODE_FONT = 'font-family: ui-monospace, Menlo, Consolas, monospace'
const CODE = `margin: 0 0 16px; padding: 16px; border-radius: 8px; background: #eef0f4; color: #1b1e23; font-weight: 600; line-height: 1.4; letter-spacing: 1px; text-align: center; user-select: all; -webkit-user-select: all; ${CODE_FONT}`
const UNSEEN = 'display: none; max-height: 0; overflow: hidden; mso-hide: all'
const DARK = `
:root { color-scheme: light dark; supported-color-schemes: light dark }
@media (prefers-color-scheme: dark) {
  .page { background: #111317 !important }
  .card { background: #1c1f24 !important; border-right-color: #3a3f47 !important; border-bottom-color: #3a3f47 !important; border-left-color: #3a3f47 !important }
  .text { color: #e8eaed !important }
  .quiet { color: #a2a9b4 !important }
  .code { background: #2a2e35 !important; color: #ffffff !important }
}`

export interface Colours {
  /** Behind the button's text; `#rrggbb`. */
  readonly accent: string
}

export function toHtml(content: Content, { accent }: Colours): string {
  const { texts, product, subject, preview, blocks } = content
  const document = (
    <html lang={texts.locale} dir={texts.direction}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>{subject}</title>
        <style>{DARK}</style>
      </head>
      <body class="page" dir={texts.direction} style="margin: 0; padding: 0; background: #f5f6f8">
        <div style={UNSEEN}>{preview}</div>
        <table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background: #f5f6f8">
          <tr>
            <td align="center" style="padding: 24px 12px">
              <table role="presentation" width="560" cellpadding="0" cellspacing="0" style="width: 100%; max-width: 560px">
                <tr>
                  <td
                    class="card"
                    dir={texts.direction}
                    style={`padding: 32px 24px 16px; border: 1px solid #d8dbe0; border-top: 4px solid ${accent}; border-radius: 12px; background: #ffffff; text-align: start`}
                  >
                    <p class="text" style={`${TEXT}; font-size: 18px; font-weight: 700`}>
                      {product}
                    </p>
                    {blocks.map((block) => (
                      <Part block={block} orOpen={texts.mails.orOpen} accent={accent} />
                    ))}
                  </td>
                </tr>
                <tr>
                  <td dir={texts.direction} style="padding: 16px 24px; text-align: start">
                    <Footer content={content} />
                  </td>
                </tr>
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html>
  )
  return `<!doctype html>\n${document}\n`
}

function Part({ block, orOpen, accent }: { block: Block; orOpen: string; accent: string }) {
  if (typeof block === 'string') {
    return (
      <p class="text" style={TEXT}>
        {block}
      </p>
    )
  }
  if ('code' in block) {
    return (
      <p class="code" dir="ltr" style={`${CODE}; font-size: ${block.code.length > 8 ? 20 : 32}px`}>
        {block.code}
      </p>
    )
  }
  if ('link' in block) return <Button {...block} orOpen={orOpen} accent={accent} />
  return (
    <p class="quiet" style={`${QUIET}; margin-bottom: 16px; font-size: 15px`}>
      {block.lines.map((line, index) => (
        <>
          {index > 0 && <br />}
          {line}
        </>
      ))}
    </p>
  )
}

/** The link again below it, in full: a button hides where it leads, and some programs show none. */
function Button({ link, text, orOpen, accent }: { link: string; text: string; orOpen: string; accent: string }) {
  const style = `display: inline-block; padding: 13px 22px; border-radius: 8px; background: ${accent}; color: ${textOn(accent)}; font-size: 16px; font-weight: 600; text-decoration: none; ${FONT}`
  return (
    <>
      <table role="presentation" cellpadding="0" cellspacing="0" style="margin: 8px 0 16px">
        <tr>
          <td bgcolor={accent} style="border-radius: 8px">
            <a href={link} style={style}>
              {text}
            </a>
          </td>
        </tr>
      </table>
      <p class="quiet" style={`${QUIET}; margin-bottom: 16px`}>
        {orOpen}
        <br />
        <a class="quiet" href={link} dir="ltr" style="color: #5b626d; word-break: break-all">
          {link}
        </a>
      </p>
    </>
  )
}

function Footer({ content: { texts, reason, supportUrl, signature } }: { content: Content }) {
  const link = (
    <a class="quiet" href={supportUrl} style="color: #5b626d">
      {shownUrl(supportUrl)}
    </a>
  )
  return (
    <>
      <p class="quiet" style={QUIET}>
        {reason}
      </p>
      {supportUrl !== '' && (
        <p class="quiet" style={QUIET}>
          {partsOf(texts.mails.support, { link })}
        </p>
      )}
      <p class="quiet" style={QUIET}>
        {signature}
      </p>
    </>
  )
}

/** Black or white: whichever has more contrast on the colour (WCAG 2.2, relative luminance). */
function textOn(colour: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff'
}
