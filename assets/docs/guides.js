// The guides: search over an index of our own, buttons that copy code, and the list of pages that is open where there is room.
import { extractOf, find, markedParts, queryOf } from './search.js'

const field = document.querySelector('.search')
const input = field.querySelector('input')
const list = document.getElementById('found')
const status = field.querySelector('[role=status]')

/** Sections as `[address, page, heading, text, group]`; fetched when somebody first searches. */
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

async function search() {
  const text = input.value
  const query = queryOf(text)
  if (query.words.length === 0) return close()
  const sections = await load()
  if (sections === null) return say('The search could not be loaded. Try again when you are online.')
  if (text !== input.value) return
  const found = find(sections, query)
  list.replaceChildren(...found.map((section, at) => option(section, query, at)))
  list.hidden = found.length === 0
  input.setAttribute('aria-expanded', String(found.length > 0))
  select(found.length > 0 ? 0 : -1)
  status.textContent = found.length === 0 ? `Nothing found for “${input.value.trim()}”.` : ''
}

function option([address, page, heading, text], query, at) {
  const link = Object.assign(document.createElement('a'), { id: `found-${at}`, href: address, tabIndex: -1 })
  link.setAttribute('role', 'option')
  const name = document.createElement('b')
  name.append(...marked(heading === '' ? page : `${page}: ${heading}`, query))
  const extract = document.createElement('small')
  extract.append(...marked(extractOf(text, query), query))
  link.append(name, extract)
  return link
}

function marked(text, query) {
  return markedParts(text, query).map((part, at) => {
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
