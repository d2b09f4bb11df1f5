/** The environment of browsers. Nothing is touched before it is used, so that servers can import it. */

import type { Environment, UploadRequest } from './environment.ts'
import { KithError } from './errors.ts'
import { storageInIndexedDb } from './indexed-db.ts'

export const browser: Environment = {
  fetch: (request) => fetch(request),
  now: () => Date.now(),
  wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
  storage: storageInIndexedDb,
  lock: globalThis.navigator?.locks ? lockBetweenTabs : lockInProcess,
  openUrl(url) {
    location.assign(url)
    // The page is going away: whoever waits for this must not go on.
    return new Promise(() => {})
  },
  currentUrl: () => globalThis.location?.href,
  onOnline: (listener) => globalThis.addEventListener?.('online', listener),
  ...(globalThis.XMLHttpRequest && { upload }),
}

/** A tab that hangs must not hold up the others for ever. */
const LOCK_WAIT_MS = 60_000

async function lockBetweenTabs<T>(name: string, work: () => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(LOCK_WAIT_MS)
  try {
    return await navigator.locks.request(name, { signal }, work)
  } catch (error) {
    throw error === signal.reason ? new KithError({ kind: 'timeout' }, 'Another tab is still busy', { cause: error }) : error
  }
}

const queues = new Map<string, Promise<unknown>>()

/** For runtimes without Web Locks: one after the other within this process. */
export function lockInProcess<T>(name: string, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(name) ?? Promise.resolve()).then(work)
  const end = turn.then(leave, leave)
  function leave() {
    if (queues.get(name) === end) queues.delete(name)
  }
  queues.set(name, end)
  return turn
}

/** `fetch` cannot report how much of a body was sent. */
function upload({ method, url, headers, body, signal, onProgress }: UploadRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open(method, url)
    for (const [name, value] of headers) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = ({ loaded, total }) => onProgress({ loaded, total })
    xhr.onload = () => resolve(new Response(xhr.responseText || null, { status: xhr.status, headers: headersOf(xhr) }))
    xhr.onerror = () => reject(new TypeError('The upload failed'))
    xhr.onabort = () => reject(signal.reason)
    signal.addEventListener('abort', () => xhr.abort())
    xhr.send(body)
  })
}

function headersOf(xhr: XMLHttpRequest): Headers {
  const lines = xhr.getAllResponseHeaders().trim().split(/\r?\n/)
  return new Headers(lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
}
