// The examples start by their one command beside `npm start`, as its demo clients.
import { expect, test } from 'vitest'
import { Demo } from './demo.ts'
import { Project } from './project.ts'

const kith = new Demo()
const { project } = kith
const example = (...args: string[]) => project.run('npm', ['run', '-s', 'example', ...args])

test('npm run example: without a name it lists the examples, and it knows no others', async () => {
  const list = await example()
  expect(list.code).toBe(0)
  for (const name of ['react-app', 'web-app', 'api-node', 'api-worker', 'mcp-server'])
    expect(list.output).toMatch(new RegExp(`^ +${name} `, 'm'))
  for (const name of ['no-app', 'constructor', '../client']) {
    expect(await example(name)).toMatchObject({ code: 1, output: expect.stringContaining(`No example is called ${name}.`) })
  }
})

test('npm run example: without a Kith that answers it says how to start one', async () => {
  const fresh = new Project()
  try {
    const unknown = await fresh.run('npm', ['run', '-s', 'example', 'web-app'])
    expect(unknown).toEqual({ code: 1, output: 'Start Kith first, in another terminal: npm start\n' })
  } finally {
    await fresh.remove()
  }
  const { apis, ...demo } = project.demo()
  const told = async (text: string) => {
    const before = project.read('.wrangler/demo.json')
    project.write('.wrangler/demo.json', text)
    const { code, output } = await example('web-app')
    project.write('.wrangler/demo.json', before)
    expect(code).toBe(1)
    return output
  }
  expect(await told(JSON.stringify({ ...demo, apis, origin: 'http://localhost:9' }))).toBe(
    'Kith does not answer on http://localhost:9. Start Kith first, in another terminal: npm start\n',
  )
  expect(await told(JSON.stringify(demo))).toContain('older than the examples')
})
