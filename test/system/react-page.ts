/** Serves `react-page.jsx` as an app does that renders on a server: HTML first, then the script that hydrates it. */
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'

const HERE = import.meta.dirname
/** A variable, so that React's types of the browser stay out of the tests of the Worker. */
const MODULES = { page: join(HERE, 'react-page.jsx'), react: 'react', server: 'react-dom/server' }

const CLIENT = `
  import { createElement } from 'react'
  import { hydrateRoot } from 'react-dom/client'
  import { Page } from './react-page.jsx'
  const props = JSON.parse(document.getElementById('props').textContent)
  const complain = (error) => console.error('recovered from', error)
  hydrateRoot(document.getElementById('root'), createElement(Page, props), { onRecoverableError: complain })
`

export interface PageProps {
  readonly origin: string
  readonly clientId: string
  readonly people: readonly object[]
}

/** The HTML of a page, as the server renders it. */
export async function renderPage(path: string, props: PageProps): Promise<string> {
  const { Page } = await import(MODULES.page)
  const { createElement } = await import(MODULES.react)
  const { renderToString } = await import(MODULES.server)
  return renderToString(createElement(Page, { ...props, path }))
}

export async function servePage(port: number, props: () => PageProps): Promise<Server> {
  const { outputFiles } = await build({
    stdin: { contents: CLIENT, resolveDir: HERE },
    bundle: true,
    format: 'esm',
    write: false,
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/app.js') return response.setHeader('content-type', 'text/javascript').end(outputFiles[0]?.text)
    const html = await renderPage(pathname, props())
    const json = JSON.stringify({ ...props(), path: pathname }).replaceAll('<', '\\u003c')
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end(`<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Components</title>
      <div id="root">${html}</div><script id="props" type="application/json">${json}</script><script type="module" src="/app.js"></script>`)
  })
  await new Promise<void>((resolve) => server.listen(port, resolve))
  return server
}
