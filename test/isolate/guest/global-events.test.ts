import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate, Guest } from './harness.ts'

/** Runs `body` in a handler; the texts of what was logged. */
function logsOf(body: string): string[] {
  using guest = new Guest(
    `exports.default = { fetch: async () => { ${body}; await new Promise((done) => setTimeout(done, 10)); return new Response() } }`,
  )
  guest.call()
  return guest.logs.map(({ text }) => text.split('\n')[0]!)
}

describe('the global as an EventTarget', () => {
  it('takes listeners and dispatches, with and without a receiver', () => {
    const body = `const seen = []
      addEventListener('x', function (event) { seen.push(this === globalThis, event.target === globalThis, event.isTrusted) })
      globalThis.addEventListener('x', { handleEvent: () => seen.push('object') }, { once: true })
      dispatchEvent(new Event('x')); self.dispatchEvent(new Event('x'))
      const other = () => seen.push('removed'); addEventListener('x', other); removeEventListener('x', other)
      EventTarget.prototype.dispatchEvent.call(undefined, new Event('x'))
      return [seen, globalThis instanceof EventTarget]`
    const once = [true, true, false]
    assert.deepEqual(evaluate(body), [[...once, 'object', ...once, ...once], true])
  })

  it('has event handler attributes that keep objects, call functions, and take null', () => {
    const body = `const object = {}; onerror = object; const kept = onerror === object
      onerror = 5; const unset = onerror; onunhandledrejection = () => 1
      return [kept, unset, typeof onunhandledrejection, onrejectionhandled, Object.keys(globalThis).includes('onerror')]`
    assert.deepEqual(evaluate(body), [true, null, 'function', null, true])
  })
})

describe('what nobody catches', () => {
  const thrower = `const fail = () => { throw new RangeError('left') }`
  const ways: Readonly<Record<string, string>> = {
    timer: `setTimeout(fail, 1)`,
    microtask: `queueMicrotask(fail)`,
    listener: `const target = new EventTarget(); target.addEventListener('x', fail); target.dispatchEvent(new Event('x'))`,
    handler: `const { port1, port2 } = new MessageChannel(); port1.onmessage = fail; port2.postMessage(1)`,
    reportError: `reportError(new RangeError('left'))`,
  }
  for (const [way, code] of Object.entries(ways)) {
    it(`is an error event at the global, and logged: ${way}`, () => {
      const body = `${thrower}; addEventListener('error', (e) => console.log([e.message, e.error instanceof RangeError, e.cancelable, e.isTrusted, e.lineno > 0, e.colno > 0].join()))`
      assert.deepEqual(logsOf(`${body}; ${code}`), [
        'Uncaught RangeError: left,true,true,true,true,true',
        'Uncaught RangeError: left',
      ])
    })

    it(`is not logged if the event is prevented: ${way}`, () => {
      assert.deepEqual(
        logsOf(`${thrower}; addEventListener('error', (e) => e.preventDefault()); ${code}`),
        [],
      )
    })
  }

  it('is told to onerror with five arguments, and true prevents the log', () => {
    const body = `onerror = (message, file, line, column, error) => { console.log(message, typeof file, line > 0, column > 0, error); return true }`
    assert.deepEqual(logsOf(`${body}; reportError('text')`), ['Uncaught text string true true text'])
  })

  it('in a listener of error is logged, and not told to the listeners again', () => {
    const body = `let calls = 0; addEventListener('error', () => { calls++; throw new Error('again') }); reportError(new Error('first')); console.log(calls)`
    assert.deepEqual(logsOf(body), ['Uncaught Error: again', 'Uncaught Error: first', '1'])
  })

  it('may be anything, and none of its getters is called unless it is an error', () => {
    const body = `let got = 0; const odd = { get name() { got++ }, get message() { got++ }, get stack() { got++ } }
      reportError(odd); reportError(undefined); reportError(Symbol('s')); console.log(got)`
    assert.deepEqual(logsOf(body), [
      'Uncaught { name: [Getter], message: [Getter], stack: [Getter] }',
      'Uncaught undefined',
      'Uncaught Symbol(s)',
      '0',
    ])
  })
})

describe('AbortSignal.timeout', () => {
  it('asks the host for no wake-up until somebody listens, and for none when nobody does any more', () => {
    using guest = new Guest(`exports.default = { fetch: async () => {
      const signal = globalThis.signal = AbortSignal.timeout(50)
      await 0
      globalThis.listen = () => { globalThis.stop = () => signal.removeEventListener('abort', listener); const listener = () => {}; signal.addEventListener('abort', listener) }
      return new Response() } }`)
    guest.add()
    guest.run()
    assert.deepEqual(guest.wakeUps, [])
    guest.eval('listen()')
    guest.add()
    guest.run()
    assert.deepEqual(guest.wakeUps, [50])
    guest.eval('stop()')
    guest.add()
    guest.run()
    assert.deepEqual(guest.wakeUps, [50, -1])
  })

  it('has aborted when somebody asks after its time, but never within one task', () => {
    using guest =
      new Guest(`exports.default = { fetch: () => { globalThis.signal ??= AbortSignal.timeout(50); globalThis.any ??= AbortSignal.any([signal])
      const { aborted } = any; return Response.json([aborted, signal.aborted, signal.reason?.name ?? null, any.reason === signal.reason]) } }`)
    assert.deepEqual(guest.callJson(), [false, false, null, true])
    guest.nowMs = 50
    assert.deepEqual(guest.callJson(), [true, true, 'TimeoutError', true])
  })

  it('takes effect through signals that hang on it', () => {
    const body = `const any = AbortSignal.any([AbortSignal.any([AbortSignal.timeout(30)]), new AbortController().signal])
      const seen = await new Promise((resolve) => { any.onabort = () => resolve(any.reason.name) }); return [seen, performance.now()]`
    assert.deepEqual(evaluate(body), ['TimeoutError', 30])
  })
})

describe('AbortSignal.any', () => {
  it('leaves nothing behind on a source that outlives it', () => {
    using guest = new Guest(
      `exports.default = { fetch: () => { globalThis.source ??= new AbortController()
        for (let i = 0; i < 2000; i++) AbortSignal.any([source.signal])
        return new Response() } }`,
      {},
      8,
    )
    // More than fits into the heap, if they stayed.
    for (let round = 0; round < 25; round++) assert.equal(guest.call().status, 200)
  })
})
