// The guides: search over an index of our own, buttons that copy code, and the list of pages that is open where there is room.
const field = document.querySelector('.search')
const input = field.querySelector('input')
const list = document.getElementById('found')
const status = field.querySelector('[role=status]')
const SHOWN = 12
const AROUND = 60

/** Sections as `[address, page, heading, text]`; fetched when somebody first searches. */
let index
const load = () => {
  index ??= fetch('/docs/guides/search.json')
    .then((reply) => reply.json())
    .catch(() => {
      index = undefined
      return null
    })
  return index
}

const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []

/**
 * Every word must be found. Words count by where they are: in the page's title, its heading, or the text. The papers, of which only
 * headings are indexed, come after what answers a question of how to use Kith.
 */
function rank([, page, heading, text], words) {
  const places = [
    [page.toLowerCase(), heading === '' ? 12 : 4],
    [heading.toLowerCase(), 8],
    [text.toLowerCase(), 1],
  ]
  let sum = 0
  for (const word of words) {
    const points = places.map(([place, weight]) => weight * (place.includes(word) ? (startsWord(place, word) ? 2 : 1) : 0))
    if (Math.max(...points) === 0) return 0
    sum += points[0] + points[1] + points[2]
  }
  return text === '' ? sum / 8 : sum
}

const startsWord = (place, word) => new RegExp(`(?<![\\p{L}\\p{N}_])${word}`, 'u').test(place)

async function search() {
  const words = wordsOf(input.value)
  if (words.length === 0) return close()
  const sections = await load()
  if (sections === null) return say('The search could not be loaded. Try again when you are online.')
  if (words.join() !== wordsOf(input.value).join()) return
  const found = sections
    .map((section) => [rank(section, words), section])
    .filter(([points]) => points > 0)
    .sort(([a], [b]) => b - a)
    .slice(0, SHOWN)
  list.replaceChildren(...found.map(([, section], at) => option(section, words, at)))
  list.hidden = found.length === 0
  input.setAttribute('aria-expanded', String(found.length > 0))
  select(found.length > 0 ? 0 : -1)
  status.textContent = found.length === 0 ? `Nothing found for “${input.value.trim()}”.` : ''
}

function option([address, page, heading, text], words, at) {
  const link = Object.assign(document.createElement('a'), { id: `found-${at}`, href: address, tabIndex: -1 })
  link.setAttribute('role', 'option')
  const name = document.createElement('b')
  name.append(...marked(heading === '' ? page : `${page}: ${heading}`, words))
  const extract = document.createElement('small')
  extract.append(...marked(extractOf(text, words), words))
  link.append(name, extract)
  return link
}

function extractOf(text, words) {
  const from = text.toLowerCase().indexOf(words[0]) - AROUND
  const at = from > 0 ? text.indexOf(' ', from) + 1 : 0
  return `${at > 0 ? '… ' : ''}${text.slice(at, at + 3 * AROUND)}`
}

function marked(text, words) {
  return text.split(new RegExp(`(${words.join('|')})`, 'giu')).map((part, at) => {
    if (at % 2 === 0) return part
    const mark = document.createElement('mark')
    mark.textContent = part
    return mark
  })
}

function select(at) {
  const options = [...list.children]
  for (const [place, one] of options.entries()) one.setAttribute('aria-selected', String(place === at))
  if (options[at]) {
    input.setAttribute('aria-activedescendant', options[at].id)
    options[at].scrollIntoView({ block: 'nearest' })
  } else input.removeAttribute('aria-activedescendant')
}

function say(text) {
  close()
  status.textContent = text
}

function close() {
  list.hidden = true
  list.replaceChildren()
  status.textContent = ''
  input.setAttribute('aria-expanded', 'false')
  select(-1)
}

const MOVES = { ArrowDown: 1, ArrowUp: -1 }

input.addEventListener('focus', load)
input.addEventListener('input', search)
input.addEventListener('keydown', (event) => {
  const options = [...list.children]
  const at = options.findIndex((one) => one.getAttribute('aria-selected') === 'true')
  if (event.key === 'Escape') {
    input.value = ''
    close()
  } else if (event.key === 'Enter') options[at]?.click()
  else if (event.key in MOVES && options.length > 0) select((at + MOVES[event.key] + options.length) % options.length)
  else return
  event.preventDefault()
})
list.addEventListener('click', () => {
  input.value = ''
  input.blur()
  close()
})
document.addEventListener('click', ({ target }) => field.contains(target) || close())
document.addEventListener('keydown', (event) => {
  const isTyping = event.target.closest('input, textarea, [contenteditable]')
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return
  event.preventDefault()
  input.focus()
})
field.hidden = false

for (const block of document.querySelectorAll('.code')) {
  const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Copy' })
  button.addEventListener('click', async () => {
    const done = await navigator.clipboard.writeText(block.querySelector('code').textContent).then(
      () => 'Copied',
      () => 'Not copied',
    )
    button.textContent = done
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 2_000)
  })
  block.append(button)
}

const pages = document.querySelector('.headings details')
const wide = matchMedia('(min-width: 60rem)')
const arrange = () => pages.toggleAttribute('open', wide.matches)
wide.addEventListener('change', arrange)
arrange()

// The pages name Kith as `npm start` serves it. On this machine at another port, that is this very Kith.
const NAMED_PORT = /\b8787\b/g
if (location.port !== '' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(location.hostname)) {
  const main = document.getElementById('main')
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(NAMED_PORT, location.port)
  for (const link of main.querySelectorAll('a[href^="http://localhost:8787"]')) link.port = location.port
}
