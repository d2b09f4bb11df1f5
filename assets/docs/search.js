// The search of the guides: which sections have all words of a query, the best of them first, and what is shown of each.
const AROUND = 60
const SHOWN = 12
const STOP = new Set(
  'a an and are as at be by can do does for from how i in is it my of on or that the this to what when where with you your'.split(' '),
)
/** Of guides; operations; the reference; and papers, with the operations of older APIs. */
const FACTORS = [3, 2, 2, 0.3]

const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
/** Words between single spaces: whole words, beginnings of words and phrases are found by `includes`. */
const spaced = (text) => ` ${wordsOf(text).join(' ')} `

export function queryOf(text) {
  const all = wordsOf(text)
  const words = all.filter((word) => !STOP.has(word))
  return { words: words.length > 0 ? words : all, phrase: all.join(' ') }
}

const prepared = new WeakMap()

function fieldsOf(section) {
  if (!prepared.has(section)) {
    const [, page, heading, text, group] = section
    prepared.set(section, [
      { place: spaced(page), weight: heading === '' ? 12 : 4 },
      { place: spaced(heading), weight: 8 },
      // Of an operation it is the method and the path.
      { place: spaced(text), weight: group === 1 ? 6 : 1 },
    ])
  }
  return prepared.get(section)
}

/** Every word must be somewhere, whole or as the beginning of one. */
function rank(section, { words, phrase }) {
  const fields = fieldsOf(section)
  let sum = 0
  for (const word of words) {
    const points = fields.map(({ place, weight }) => (place.includes(` ${word} `) ? 2 * weight : place.includes(` ${word}`) ? weight : 0))
    const best = points.reduce((a, b) => a + b)
    if (best === 0) return 0
    sum += best
  }
  for (const { place, weight } of fields) if (place.includes(` ${phrase} `)) sum += 10 + 4 * weight
  return sum * FACTORS[section[4]]
}

/** `sections`: `[address, page, heading, text, group]`. */
export function find(sections, query) {
  if (query.words.length === 0) return []
  return sections
    .map((section) => [rank(section, query), section])
    .filter(([points]) => points > 0)
    .sort(([a], [b]) => b - a)
    .slice(0, SHOWN)
    .map(([, section]) => section)
}

const starts = (words) => new RegExp(`(?<![\\p{L}\\p{N}_])(${words.join('|')})`, 'giu')

/** The text around the first place of the query, in whole words. */
export function extractOf(text, { words, phrase }) {
  const at =
    [phrase.split(' ').join('[^\\p{L}\\p{N}_]+'), ...words].map((word) => text.search(starts([word]))).find((place) => place >= 0) ?? 0
  const from = at <= AROUND ? 0 : text.indexOf(' ', at - AROUND) + 1
  return `${from > 0 ? '… ' : ''}${text.slice(from, from + 3 * AROUND)}`
}

/** `text` in parts: each second one is to be marked. */
export const markedParts = (text, { words }) => text.split(starts(words))
