/** Shows points in time in the browser's own zone, where the server could only say UTC. */
export function localTimes(): void {
  const { lang } = document.documentElement
  // The reader's own kind of the page's language: days come first in British English.
  const own = navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === lang.split('-')[0]) ?? lang
  const time = new Intl.DateTimeFormat(own, { dateStyle: 'long', timeStyle: 'short' })
  const day = new Intl.DateTimeFormat(own, { dateStyle: 'medium' })
  for (const element of document.querySelectorAll<HTMLTimeElement>('time[data-local]')) {
    element.title = element.textContent
    element.textContent = (element.dataset.local === 'day' ? day : time).format(new Date(element.dateTime))
  }
}
