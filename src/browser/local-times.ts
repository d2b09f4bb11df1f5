/** Shows points in time in the browser's own zone, where the server could only say UTC. */
export function localTimes(): void {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' })
  for (const element of document.querySelectorAll<HTMLTimeElement>('time[data-local]')) {
    element.title = element.textContent
    element.textContent = format.format(new Date(element.dateTime))
  }
}
