import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, ServerFixture } from './server-fixture.ts'

const answering = (text: string) => ({
  'index.js': `export default { async fetch() {
    await new Promise((done) => setTimeout(done, Math.random() * 5))
    return new Response('${text}')
  } }`,
})

async function publishTwo(
  server: ServerFixture,
  one: Record<string, string>,
  two: Record<string, string>,
): Promise<void> {
  await server.deploy('shop', one)
  await server.deploy('shop', two, { publish: false })
  const { status, body } = await server.admin('POST', '/v1/functions/shop/versions', {})
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.version, 2)
}

async function point(server: ServerFixture, weights: Record<string, number>): Promise<void> {
  const { status, body } = await server.admin('PUT', '/v1/functions/shop/aliases/live', { weights })
  assert.equal(status, 200, JSON.stringify(body))
}

test('an alias moves from version 1 to 2 and back under load, and not one request fails', async () => {
  await using server = await ServerFixture.start({ workers: 2 })
  await publishTwo(server, answering('one'), answering('two'))

  const answers: Answer[] = []
  let isLoading = true
  const clients = Array.from({ length: 32 }, async () => {
    while (isLoading) answers.push(await server.call('/shop'))
  })
  const untilAnswered = async (count: number) => {
    const target = answers.length + count
    while (answers.length < target) await new Promise(setImmediate)
  }
  await untilAnswered(700)
  await point(server, { 2: 1 })
  await untilAnswered(700)
  // An answered change is everywhere: whoever asks from now on gets version 2.
  assert.equal((await server.call('/shop')).headers['x-isolette-executed-version'], 'shop:2')
  await point(server, { 1: 1 })
  assert.equal((await server.call('/shop')).headers['x-isolette-executed-version'], 'shop:1')
  await untilAnswered(700)
  isLoading = false
  await Promise.all(clients)

  assert.ok(answers.length >= 2000, `${answers.length} requests`)
  const failed = answers.filter(({ status }) => status !== 200)
  assert.deepEqual(failed, [])
  for (const { headers, text } of answers) {
    assert.equal(headers['x-isolette-executed-version'], text === 'one' ? 'shop:1' : 'shop:2')
  }
})

test('weights 0.95 and 0.05 over 20 000 requests land within half a point', async () => {
  await using server = await ServerFixture.start({ workers: 2 })
  const quick = (text: string) => ({ 'index.js': `export default { fetch: () => new Response('${text}') }` })
  await publishTwo(server, quick('one'), quick('two'))
  await point(server, { 1: 0.95, 2: 0.05 })
  let two = 0
  const clients = Array.from({ length: 50 }, async () => {
    for (let request = 0; request < 400; request++) if ((await server.text('/shop')) === 'two') two++
  })
  await Promise.all(clients)
  const share = two / 20_000
  assert.ok(Math.abs(share - 0.05) <= 0.005, `version 2 got ${share}`)
})

test('a version key keeps a caller on one version; a version header asks for one that the alias routes to', async () => {
  await using server = await ServerFixture.start({ workers: 2 })
  const quick = (text: string) => ({
    'function.jsonc': '{ "versionHeader": true }',
    'index.js': `export default { fetch: () => new Response('${text}') }`,
  })
  await publishTwo(server, quick('one'), quick('two'))
  await point(server, { 1: 0.5, 2: 0.5 })
  const seen = new Set<string>()
  for (let caller = 0; caller < 20; caller++) {
    const headers = { 'x-isolette-version-key': `caller-${caller}` }
    const texts = new Set<string>()
    for (let request = 0; request < 5; request++) texts.add((await server.call('/shop', { headers })).text)
    assert.equal(texts.size, 1)
    for (const text of texts) seen.add(text)
  }
  assert.deepEqual([...seen].sort(), ['one', 'two'])
  await point(server, { 1: 1, 2: 0 })
  assert.equal((await server.call('/shop', { headers: { 'x-isolette-version': '2' } })).text, 'two')
  assert.equal((await server.call('/shop')).text, 'one')
})

test('rollback restores the alias; a split alias is not moved by a deploy without force', async () => {
  await using server = await ServerFixture.start()
  const quick = (text: string) => ({ 'index.js': `export default { fetch: () => new Response('${text}') }` })
  await publishTwo(server, quick('one'), quick('two'))
  await point(server, { 1: 0.5, 2: 0.5 })
  await assert.rejects(server.deploy('shop', quick('three')), /alias_split/)
  await server.deploy('shop', quick('three'), { force: true })
  assert.equal(await server.text('/shop'), 'three')
  const { code, stderr } = await server.cli('rollback', 'shop')
  assert.equal(code, 0, stderr)
  const { body } = await server.admin('GET', '/v1/functions/shop/aliases')
  assert.deepEqual(JSON.stringify(body).includes('0.5'), true)
})
