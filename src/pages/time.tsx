/** A point in time, readable by people and programs. In UTC, because the server does not know the reader's zone. */
const FORMAT: Intl.DateTimeFormatOptions = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }

export function Time({ at }: { at: number }) {
  const text = new Intl.DateTimeFormat('en-GB', FORMAT).format(at)
  return <time datetime={new Date(at).toISOString()}>{`${text} UTC`}</time>
}
