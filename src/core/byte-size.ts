/** `16777216` as people say it: `16 MB`. Exact: what is no whole number of a unit is said in a smaller one. */
export function byteSize(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB']
  let [size, unit] = [bytes, 0]
  for (; unit < units.length - 1 && size > 0 && size % 1024 === 0; unit += 1) size /= 1024
  return `${size} ${units[unit]}`
}
