import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type Json, ServerFixture } from './server-fixture.ts'

const fresh = { isAlone: true }

let server: ServerFixture

before(async () => {
  server = await ServerFixture.start({ workers: 2 })
})

after(() => server[Symbol.asyncDispose]())

/** Says when it ran; `?ms=` takes so long, a body is echoed as it comes, and `/count` counts what its instance has seen. */
const timed = {
  'index.js': `
    let seen = 0
    export default {
      async fetch(request) {
        const url = new URL(request.url)
        const id = Math.random()
        if (request.body) return new Response(request.body.pipeThrough(new TransformStream()))
        if (url.pathname.endsWith('/count')) return new Response(String(++seen))
        const ms = Number(url.searchParams.get('ms') ?? 0)
        const beganMs = Date.now()
        if (url.searchParams.has('say')) console.log('said', url.searchParams.get('say'))
        await new Promise((resolve) => setTimeout(resolve, ms))
        return Response.json({ beganMs, endedMs: Date.now() })
      },
    }`,
}

function withPool(pool: object): Record<string, string> {
  return { 'function.jsonc': JSON.stringify({ pool }), ...timed }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 10_000
  while (!(await condition())) {
    assert.ok(Date.now() < deadlineMs, 'not in time')
    await delay(10)
  }
}

async function runningOf(name: string): Promise<Json[]> {
  const { workers } = (await server.admin('GET', '/v1/workers')).body
  return workers.filter(({ status }: Json) =>
    status?.instances.some((one: Json) => one.functionName === name && one.inFlight > 0),
  )
}

function many(count: number, path: string): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, () => server.call(path, fresh)))
}

test('with one reserved, requests work on either of two workers, and never two at once', async () => {
  await server.deploy('one', withPool({ reserved: 1 }))
  for (let request = 0; request < 20; request++) {
    const answer = await server.call('/one', fresh)
    assert.equal(answer.status, 200, answer.text)
  }
  const answers = await many(24, '/one?ms=60')
  const ran = answers.filter(({ status }) => status === 200)
  assert.ok(ran.length >= 1)
  for (const { status, headers } of answers.filter((one) => one.status !== 200)) {
    assert.equal(status, 429)
    assert.equal(headers['x-isolette-outcome'], 'throttled')
  }
  const spans = ran.map(({ text }) => JSON.parse(text)).sort((a, b) => a.beganMs - b.beganMs)
  for (const [index, span] of spans.entries()) {
    const next = spans[index + 1]
    assert.ok(next === undefined || next.beganMs >= span.endedMs, JSON.stringify(spans))
  }
})

test('with one running a second is throttled whichever worker it comes to', async () => {
  await server.deploy('second', withPool({ reserved: 1 }))
  const slow = server.call('/second?ms=1500', fresh)
  await until(async () => (await runningOf('second')).length === 1)
  for (const answer of await many(16, '/second')) assert.equal(answer.status, 429, answer.text)
  assert.equal((await slow).status, 200)
  assert.equal((await server.call('/second', fresh)).status, 200)
})

test('all that is reserved can be used from one worker, and no more from both', async () => {
  await server.deploy('few', withPool({ reserved: 6 }))
  const answers = await many(40, '/few?ms=1000')
  assert.equal(answers.filter(({ status }) => status === 200).length, 6)
  assert.equal(answers.filter(({ status }) => status === 429).length, 34)
})

test('with one instance at most, all requests of both workers are its own', async () => {
  await server.deploy('single', withPool({ maxInstances: 1 }))
  const counts = (await many(30, '/single/count')).map(({ text }) => Number(text))
  assert.deepEqual(
    counts.sort((a, b) => a - b),
    Array.from({ length: 30 }, (_, index) => index + 1),
  )
})

test('bodies stream both ways wherever the function runs', async () => {
  await server.deploy('stream', withPool({ maxInstances: 1 }))
  const body = randomBytes(2 * 1024 * 1024)
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  for (let request = 0; request < 8; request++) {
    const answer = await server.call('/stream', { method: 'POST', body, ...fresh })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(hash(answer.bytes), hash(body))
  }
})

test('each invocation is counted and recorded once, with its log lines, wherever it runs', async () => {
  await server.deploy('say', withPool({ maxInstances: 1 }))
  for (let request = 0; request < 12; request++) {
    assert.equal((await server.call(`/say?say=${request}`, fresh)).status, 200)
  }
  const linesOf = (request: number) =>
    server.output.split('\n').filter((line) => line.includes(`"said ${request}"`))
  // Each of the workers writes its own when it gets to it.
  for (let request = 0; request < 12; request++) await until(async () => linesOf(request).length > 0)
  for (let request = 0; request < 12; request++) {
    const lines = linesOf(request)
    assert.equal(lines.length, 1, lines.join('\n'))
    const record = JSON.parse(lines[0]!)
    assert.equal(record.outcome, 'ok')
    assert.ok(record.cpuMs > 0)
  }
  const records = server.output.split('\n').filter((line) => line.includes('"function":"say"'))
  assert.equal(new Set(records.map((line) => JSON.parse(line).worker)).size, 2)
  assert.equal(new Set(records.map((line) => JSON.parse(line).id)).size, records.length)
})

test('what is reserved can be changed by a deployment, to nothing and back', async () => {
  await server.deploy('change', withPool({ reserved: 3 }))
  assert.equal((await server.call('/change', fresh)).status, 200)
  await server.deploy('change', withPool({ reserved: 0 }))
  for (const { status } of await many(6, '/change')) assert.equal(status, 429)
  await server.deploy('change', withPool({ reserved: 2 }))
  const answers = await many(12, '/change?ms=500')
  assert.equal(answers.filter(({ status }) => status === 200).length, 2)
})

test('replacing workers loses nothing of what waits for few instances', async () => {
  await server.deploy('line', withPool({ maxInstances: 2, concurrency: 1 }))
  let isReplaced = false
  const answers: Answer[] = []
  const clients = Array.from({ length: 24 }, async () => {
    while (!isReplaced) {
      // A connection that the old worker had not taken yet is reset when it stops listening.
      const answer = await server.call('/line?ms=20', fresh).catch(() => null)
      if (answer !== null) answers.push(answer)
    }
  })
  const { code, stderr } = await server.cli('workers', 'replace')
  isReplaced = true
  await Promise.all(clients)
  assert.equal(code, 0, stderr)
  assert.ok(answers.length > 24)
  for (const { status, text } of answers) assert.equal(status, 200, text)
})
