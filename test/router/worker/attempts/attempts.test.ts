import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TargetPicker } from '../../../../router/http/pick-target.ts'
import type { NumberedResult } from '../../../../router/protocol.ts'
import { Attempts } from '../../../../router/worker/attempts/attempts.ts'
import type { AttemptResult } from '../../../../runtime/delivery/call-runner.ts'
import type { JsonPost } from '../../../../runtime/isolate/outbound/post-json.ts'
import { usualAsync } from '../../../../runtime/model/async-settings.ts'
import { BytePipe } from '../../../../runtime/model/byte-pipe.ts'
import type { Call, CallEvent } from '../../../../runtime/model/call.ts'
import type { FailedOutcome } from '../../../../runtime/model/outcome.ts'
import { FakeInvoker, textResponse } from '../../fake-invoker.ts'
import { FakeRecorder } from '../../fake-recorder.ts'
import { FakeRegistryView } from '../../fake-registry-view.ts'

/** Attempts of a worker that is made of fakes; time passes when a test says so. */
class Fixture {
  nowMs = 1000
  refusal: FailedOutcome | null = null
  readonly view = new FakeRegistryView()
  readonly invoker = new FakeInvoker()
  readonly recorder = new FakeRecorder()
  readonly results: NumberedResult[] = []
  readonly messages: number[] = []
  /** Those that somebody waits for, since it began. */
  requests = 0
  readonly running: number[][] = []
  readonly posts: JsonPost[] = []
  postAnswer: Promise<{ status: number; retryAfter: string | null }> = Promise.resolve({
    status: 204,
    retryAfter: null,
  })
  readonly attempts = new Attempts({
    view: this.view,
    picker: new TargetPicker(this.view, () => 0),
    invoker: this.invoker,
    recorder: this.recorder,
    nowMs: () => this.nowMs,
    logNowMs: () => this.nowMs + 5_000_000,
    wallMs: () => 1_700_000_000_999,
    userAgent: 'test/1',
    post: (post) => {
      this.posts.push(post)
      return this.postAnswer
    },
    refusalNow: () => this.refusal,
    invocations: () => this.invoker.seen.length + this.requests,
    noteRunning: (running) => this.running.push([...running].map(({ number }) => number)),
    send: (results) => {
      this.messages.push(results.length)
      this.results.push(...results)
    },
  })
  #lastNumber = 0

  constructor() {
    this.view.add('hello', {})
  }

  give(change: Partial<Call> = {}): number {
    const number = ++this.#lastNumber
    const call: Call = { ...callOf(number), ...change }
    const attempt = { number: 1, enqueuedAtMs: call.enqueuedAtMs, depth: call.depth }
    this.attempts.take([{ number, delivery: { call, attempt } }])
    return number
  }

  async turns(count = 6): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
  }

  /** How one ended that was given. */
  async resultOf(number: number): Promise<AttemptResult> {
    await this.turns()
    const found = this.results.find((one) => one.number === number)
    assert.ok(found, `${number} has ended`)
    return found.result
  }
}

function callOf(number: number): Call {
  return {
    id: `call-${number}`,
    functionName: 'hello',
    qualifier: 'live',
    version: 3,
    event: { kind: 'direct', json: '{"a":1}' },
    enqueuedAtMs: 7,
    ageFromMs: 7,
    depth: 0,
    source: 'admin',
    parentId: null,
    callerId: null,
  }
}

const gone: FailedOutcome = { kind: 'exception', error: { name: 'E', message: 'm', stack: 's' } }

test('An attempt runs the version that its call was accepted for, under the id of the call', async () => {
  const fixture = new Fixture()
  fixture.invoker.answer = ({ usage }) => {
    usage.logLines.push({ timeMs: 1, level: 'info', text: 'said' })
    return { kind: 'ok', response: null, result: '{"b":2}' }
  }
  const number = fixture.give()
  assert.deepEqual(await fixture.resultOf(number), {
    kind: 'ran',
    executedVersion: 'hello:3',
    outcome: 'ok',
    error: null,
    message: null,
    result: { kind: 'json', json: '{"b":2}' },
    retryAfterMs: null,
    startedAtMs: 5_001_000,
    durationMs: 0,
    logLines: [{ timeMs: 1, level: 'info', text: 'said' }],
  })
  const [seen] = fixture.invoker.seen
  assert.equal(seen!.id, 'call-1')
  assert.deepEqual(seen!.attempt, { number: 1, enqueuedAtMs: 7, depth: 0 })
  assert.equal(seen!.deadlineMs, 1000 + 30_000)
  assert.deepEqual(
    fixture.recorder.settledOnes.map(({ outcome }) => outcome.kind),
    ['ok'],
  )
})

test('With async.pin alias it runs what the alias picks now; async.timeoutMs bounds it', async () => {
  const fixture = new Fixture()
  fixture.view.add('hello', {
    settings: { async: { ...usualAsync, pin: 'alias', timeoutMs: 77 } },
    aliases: { live: [{ version: 5, weightUnits: 10_000 }] },
  })
  const result = await fixture.resultOf(fixture.give())
  assert.equal(result.kind === 'ran' && result.executedVersion, 'hello:5')
  assert.equal(fixture.invoker.seen[0]!.deadlineMs, 1077)
})

test('A function or version that is not there is gone; one that cannot be read is our failure', async () => {
  const fixture = new Fixture()
  fixture.view.add('hello', { versions: [1] })
  for (const change of [{ functionName: 'nobody' }, { version: 3 as const }]) {
    const result = await fixture.resultOf(fixture.give(change))
    assert.equal(result.kind === 'gone' && result.reason, 'function_gone')
  }
  fixture.view.getManifest = () => {
    throw new Error('damaged')
  }
  const result = await fixture.resultOf(fixture.give({ version: 1 }))
  assert.equal(result.kind === 'ran' && result.outcome, 'internal_error')
  assert.equal(fixture.invoker.seen.length, 0)
})

test('An HTTP function answers with status, headers and body, whole or bit by bit', async () => {
  const fixture = new Fixture()
  const event: CallEvent = {
    kind: 'http',
    method: 'POST',
    url: 'http://a/hello',
    headers: '',
    body: Buffer.from('in'),
    clientAddress: '::1',
  }
  const pipe = new BytePipe(1000, { onRoom() {}, onCancel() {} })
  pipe.write(Buffer.from('out'))
  pipe.end()
  fixture.invoker.answer = () => textResponse(pipe, { status: 503, headers: ['retry-after', '7'] })
  const result = await fixture.resultOf(fixture.give({ event }))
  assert.ok(result.kind === 'ran')
  assert.deepEqual(result.result, {
    kind: 'http',
    status: 503,
    headers: ['retry-after', '7'],
    body: Buffer.from('out'),
  })
  assert.equal(result.retryAfterMs, 7000)
  assert.equal(fixture.invoker.seen[0]!.event, event)
  assert.equal(fixture.recorder.settledOnes[0]!.status, 503)
})

test('A status that fetch answers to an event counts like one that it answers to a request, a handler’s does not', async () => {
  const fixture = new Fixture()
  const json = '{"statusCode":503,"headers":{"retry-after":"7"},"body":"out","isBase64Encoded":false}'
  fixture.invoker.answer = () => ({ kind: 'ok', response: null, result: json })
  const result = await fixture.resultOf(fixture.give({ event: { kind: 'direct', json: '{}' } }))
  assert.ok(result.kind === 'ran')
  const headers = ['retry-after', '7']
  assert.deepEqual(result.result, { kind: 'http', status: 503, headers, body: Buffer.from('out') })
  assert.equal(result.retryAfterMs, 7000)

  fixture.view.add('events', { handlerKind: 'handler' })
  const other = await fixture.resultOf(
    fixture.give({ functionName: 'events', event: { kind: 'direct', json: '{}' } }),
  )
  assert.ok(other.kind === 'ran')
  assert.deepEqual([other.result, other.retryAfterMs], [{ kind: 'json', json }, null])
})

test('A failure of the guest comes back as what it is', async () => {
  const fixture = new Fixture()
  fixture.invoker.answer = () => gone
  const result = await fixture.resultOf(fixture.give())
  assert.ok(result.kind === 'ran')
  assert.deepEqual([result.outcome, result.error, result.result], ['exception', gone.error, null])
})

test('What runs is written down before the pool enters it, and results go in one message a turn', async () => {
  const fixture = new Fixture()
  // The first of a version shows what it costs.
  await fixture.resultOf(fixture.give())
  fixture.nowMs += 10
  fixture.invoker.answer = () => null
  fixture.give()
  fixture.give()
  await fixture.turns(2)
  assert.deepEqual(fixture.running, [[1], [2, 3]])
  const messages = fixture.messages.length
  for (const held of fixture.invoker.held) held.onSettled({ kind: 'ok', response: null, result: '1' })
  await fixture.turns()
  assert.deepEqual(fixture.messages.slice(messages), [2])
  assert.equal(fixture.attempts.isBusy, false)
})

test('While requests come, results are told together after a while, and at once when nothing is left', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const fixture = new Fixture()
  await fixture.resultOf(fixture.give())
  const messages = fixture.messages.length
  const end = () => fixture.invoker.held.shift()!.onSettled({ kind: 'ok', response: null, result: '1' })
  fixture.invoker.answer = () => null
  fixture.nowMs += 10
  fixture.requests++
  for (let call = 0; call < 3; call++) fixture.give()
  await fixture.turns()
  end()
  end()
  await fixture.turns()
  assert.equal(fixture.messages.length, messages)
  assert.ok(fixture.attempts.isBusy)
  t.mock.timers.tick(50)
  assert.deepEqual(fixture.messages.slice(messages), [2])
  end()
  await fixture.turns()
  assert.deepEqual(fixture.messages.slice(messages), [2, 1])
  assert.equal(fixture.attempts.isBusy, false)
})

test('What has ended and was not told yet stands written down beside what begins then', async () => {
  const fixture = new Fixture()
  fixture.invoker.answer = () => null
  const ended = fixture.give()
  await fixture.turns()
  const begun = fixture.give()
  fixture.invoker.held[0]!.onSettled({ kind: 'ok', response: null, result: '1' })
  await fixture.turns()
  assert.deepEqual(fixture.running.at(-1)?.toSorted(), [ended, begun])
  const last = fixture.give()
  await fixture.turns()
  assert.deepEqual(fixture.running.at(-1)?.toSorted(), [begun, last])
})

test('The first of a version is begun alone, others as time allows', async () => {
  const fixture = new Fixture()
  fixture.invoker.answer = () => null
  for (let index = 0; index < 100; index++) fixture.give()
  await fixture.turns()
  assert.equal(fixture.invoker.seen.length, 1)
  fixture.nowMs += 2
  fixture.invoker.held[0]!.onSettled({ kind: 'ok', response: null, result: '1' })
  await fixture.turns()
  const begun = fixture.invoker.seen.length
  assert.ok(begun > 10 && begun < 100, `${begun} begun`)
  for (let look = 0; look < 20; look++) {
    fixture.nowMs += 5
    fixture.give()
    await fixture.turns(2)
  }
  assert.equal(fixture.invoker.seen.length, 120)
})

test('An attempt that would stand in the way of requests waits, and goes back when that takes long', async () => {
  const fixture = new Fixture()
  fixture.view.add('other', {})
  fixture.refusal = { kind: 'throttled', message: 'full' }
  const number = fixture.give()
  await fixture.turns()
  assert.deepEqual([fixture.invoker.seen.length, fixture.results.length], [0, 0])
  fixture.nowMs += 2001
  fixture.give()
  const result = await fixture.resultOf(number)
  assert.ok(result.kind === 'ran')
  assert.deepEqual([result.outcome, result.message, result.executedVersion], ['throttled', 'full', null])
  assert.equal(fixture.results.length, 1)
  fixture.refusal = null
  fixture.give()
  await fixture.turns()
  fixture.nowMs += 10
  fixture.give()
  await fixture.turns()
  assert.ok(fixture.invoker.seen.length >= 2)
})

test('One that is stopped before it begins was refused; one that runs is told, and says when it has ended', async () => {
  const fixture = new Fixture()
  fixture.refusal = { kind: 'throttled', message: 'full' }
  const waiting = fixture.give()
  fixture.attempts.stop(['call-1', 'call-99'])
  assert.deepEqual(await fixture.resultOf(waiting), { kind: 'refused' })
  fixture.refusal = null
  fixture.invoker.answer = () => null
  const running = fixture.give()
  await fixture.turns()
  fixture.attempts.stop(['call-2'])
  fixture.attempts.stop(['call-2'])
  assert.equal(fixture.invoker.canceled.length, 1)
  const result = await fixture.resultOf(running)
  assert.ok(result.kind === 'ran')
  assert.deepEqual([result.outcome, result.message], ['canceled', 'The call was stopped'])
})

test('One whose body is still coming is stopped at once', async () => {
  const fixture = new Fixture()
  let canceled = 0
  const pipe = new BytePipe(1000, { onRoom() {}, onCancel: () => canceled++ })
  fixture.invoker.answer = () => textResponse(pipe)
  const number = fixture.give()
  await fixture.turns()
  fixture.attempts.stop(['call-1'])
  const result = await fixture.resultOf(number)
  assert.equal(result.kind === 'ran' && result.outcome, 'canceled')
  assert.equal(canceled, 1)
})

test('A worker that drains begins no more, and finishes what it has begun', async () => {
  const fixture = new Fixture()
  fixture.invoker.answer = () => null
  const running = fixture.give()
  await fixture.turns()
  const waiting = fixture.give()
  fixture.attempts.drain()
  const late = fixture.give()
  assert.deepEqual(await fixture.resultOf(waiting), { kind: 'refused' })
  assert.deepEqual(await fixture.resultOf(late), { kind: 'refused' })
  assert.equal(fixture.attempts.isBusy, true)
  fixture.invoker.held[0]!.onSettled({ kind: 'ok', response: null, result: '1' })
  assert.equal(fixture.attempts.isBusy, true)
  assert.equal((await fixture.resultOf(running)).kind, 'ran')
  assert.equal(fixture.attempts.isBusy, false)
})

const post: CallEvent = { kind: 'post', destination: 'onFailure', json: '{"x":1}' }
const url = { kind: 'url', url: 'https://example.com/hook', secret: 'key' } as const

test('A destination’s URL is posted to, signed, with the settings that its function has now', async () => {
  const fixture = new Fixture()
  const egress = { allow: ['example.com'], deny: [] }
  fixture.view.add('hello', { settings: { egress, async: { ...usualAsync, onFailure: url } } })
  fixture.postAnswer = Promise.resolve({ status: 429, retryAfter: '3' })
  const result = await fixture.resultOf(fixture.give({ event: post }))
  assert.ok(result.kind === 'ran')
  assert.deepEqual(
    [result.outcome, result.result, result.retryAfterMs],
    ['ok', { kind: 'http', status: 429, headers: [], body: null }, 3000],
  )
  const [sent] = fixture.posts
  assert.deepEqual([sent!.url, sent!.json, sent!.egress], [url.url, post.json, egress])
  // As `printf '1700000000.{"x":1}' | openssl dgst -sha256 -hmac key` has it.
  const hex = 'a7e636377d31c44fc6722f0ee9b12b3dd88ae57cfe96af903538bc48009f2b21'
  assert.deepEqual(sent!.headers, [
    ['x-isolette-invocation-id', 'call-1'],
    ['x-isolette-signature', `t=1700000000,v1=${hex}`],
  ])
})

test('A post that fails says why, and one without a destination is over', async () => {
  const fixture = new Fixture()
  fixture.view.add('hello', { settings: { async: { ...usualAsync, onFailure: url } } })
  const failure = Promise.reject(new TypeError('Cannot fetch https://example.com: ECONNREFUSED'))
  failure.catch(() => {})
  fixture.postAnswer = failure
  const result = await fixture.resultOf(fixture.give({ event: post }))
  assert.ok(result.kind === 'ran')
  assert.equal(result.error?.message, 'Cannot fetch https://example.com: ECONNREFUSED')
  const other = await fixture.resultOf(fixture.give({ event: { ...post, destination: 'onSuccess' } }))
  assert.equal(other.kind === 'gone' && other.reason, 'destination_gone')
  const plain = { ...usualAsync, onFailure: { ...url, url: 'http://example.com/' } }
  fixture.view.add('hello', { settings: { async: plain } })
  assert.equal((await fixture.resultOf(fixture.give({ event: post }))).kind, 'gone')
})
