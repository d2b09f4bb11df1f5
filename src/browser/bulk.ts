/** Sends the steps of an act on several people one after the other, and shows how far it is. Without it, a button does. */
const NEXT = 'form.steps-on'

export async function bulk(): Promise<void> {
  for (let form = document.querySelector<HTMLFormElement>(NEXT); form; form = document.querySelector<HTMLFormElement>(NEXT)) {
    const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]))
    form.querySelector('button')?.setAttribute('disabled', '')
    const reply = await fetch(form.action, { method: 'POST', body }).catch(() => null)
    // Signed out, or a fresh sign-in is needed: that page leads back to the question.
    if (reply?.redirected) return location.assign(reply.url)
    const next = reply?.ok && new DOMParser().parseFromString(await reply.text(), 'text/html').querySelector('main')
    form.querySelector('button')?.removeAttribute('disabled')
    if (!next) return
    document.querySelector('main')?.replaceWith(next)
  }
}
