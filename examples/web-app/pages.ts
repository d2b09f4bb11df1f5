/** The pages. `html` escapes whatever is put into them. */
import { html } from 'hono/html'

type Html = ReturnType<typeof html>

export interface User {
  readonly firstName?: string | null
  readonly username?: string | null
  readonly bio?: string | null
  readonly profilePictureUrl?: string | null
  readonly followerCount?: number
  readonly followingCount?: number
}

const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { max-width: 32rem; margin: 3rem auto; padding: 0 1rem; }
  a { color: light-dark(#2954c8, #8db0ff); }
  form { margin: 1rem 0; }
  label, input, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; }
  input, textarea { margin: .25rem 0 1rem; padding: .5rem; }
  button { font: inherit; font-weight: 600; padding: .625rem 1.125rem; border: 1px solid #747c89; border-radius: .5rem; background: none; }
  form:is(:has(input), [action$=sign-in]) button { color: light-dark(#fff, #0f1420); background: light-dark(#2954c8, #8db0ff); border-color: transparent; }
  img { border-radius: 50%; }
  .error { color: light-dark(#b00020, #ff8a80); }
`

const page = (title: string, body: Html) => html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title}</title>
      <style>
        ${STYLE}
      </style>
    </head>
    <body>
      <main>
        <h1>${title}</h1>
        ${body}
      </main>
    </body>
  </html>`

const button = (action: string, text: string) => html`<form method="post" action="${action}"><button>${text}</button></form>`

export const welcomePage = () => page('Welcome', html`${button('/sign-in', 'Sign in')} ${button('/sign-up', 'Create an account')}`)

export function homePage(user: User, suggestions: readonly User[]): Html {
  const picture = user.profilePictureUrl ? html`<img src="${user.profilePictureUrl}" width="96" height="96" alt="" />` : ''
  return page(
    `Hello, ${user.firstName ?? user.username}`,
    html`${picture}
      <p>@${user.username}: ${user.followerCount} followers, ${user.followingCount} following</p>
      <p>${user.bio ?? 'No bio yet.'}</p>
      <p><a href="/edit">Edit your profile</a></p>
      ${suggestions.length > 0 ? html`<p>You may know ${suggestions.map(({ username }) => `@${username}`).join(', ')}.</p>` : ''}
      ${button('/sign-out', 'Sign out')}`,
  )
}

/** `person`: whose form it is. `errors`: what is wrong, by field. */
export function editPage(user: User, person: string, errors: Readonly<Record<string, string>>, message?: string): Html {
  const error = (name: string) => (errors[name] ? html`<span class="error" id="${name}-error">${errors[name]}</span>` : '')
  const field = (name: 'firstName' | 'username', text: string) =>
    html`<label>${text} ${error(name)}<input name="${name}" value="${user[name] ?? ''}" /></label>`
  return page(
    'Your profile',
    html`${message && Object.keys(errors).length === 0 ? html`<p class="error">${message}</p>` : ''}
      <form method="post" action="/edit">
        <input type="hidden" name="person" value="${person}" />
        ${field('firstName', 'First name')} ${field('username', 'User name')}
        <label>Bio ${error('bio')}<textarea name="bio" rows="3">${user.bio ?? ''}</textarea></label>
        <button>Save</button>
      </form>
      <p><a href="/">Back</a></p>`,
  )
}

export const problemPage = (text: string) => page('That did not work', html`<p>${text}</p><p><a href="/">Back to the start</a></p>`)
