import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate, Guest } from './harness.ts'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

describe('MessageChannel', () => {
  it('delivers in order, after the code that posts and its promises', () =>
    assertLikeNode(`
      const seen = [], { port1, port2 } = new MessageChannel()
      const all = new Promise((resolve) => { port1.onmessage = ({ data }) => { seen.push(data); if (data === 3) resolve() } })
      for (const n of [1, 2, 3]) port2.postMessage(n)
      seen.push('posted'); Promise.resolve().then(() => seen.push('promise'))
      await all; port1.close()
      return seen`))

  it('copies what is posted when it is posted', () => {
    const body = `const { port1, port2 } = new MessageChannel(), value = { list: [1] }
      const got = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data) })
      port2.postMessage(value); value.list.push(2)
      return [(await got).list, (await got) !== value]`
    assert.deepEqual(evaluate(body), [[1], true])
  })

  it('keeps messages until the port is started, by onmessage too, and moves them with the port', () => {
    const body = `const seen = []
      const { port1, port2 } = new MessageChannel(), other = new MessageChannel()
      port1.addEventListener('message', ({ data }) => seen.push('early ' + data))
      port2.postMessage('a'); port2.postMessage('b')
      await new Promise((done) => setTimeout(done, 5)); seen.push('waited')
      other.port1.onmessage = ({ data, ports: [port] }) => { seen.push(data.port === port, port === port1); port.addEventListener('message', ({ data }) => seen.push(data)); port.start() }
      other.port2.postMessage({ port: port1 }, [port1])
      port1.start(); port1.postMessage('from a port that was moved')
      await new Promise((done) => setTimeout(done, 5))
      return seen`
    assert.deepEqual(evaluate(body), ['waited', true, false, 'a', 'b'])
  })

  it('tells the other port that one was closed, once what was posted has arrived', () => {
    const body = `const seen = [], { port1, port2 } = new MessageChannel()
      port1.onmessage = ({ data }) => seen.push(data); port1.onclose = ({ type }) => seen.push(type)
      port2.onclose = () => seen.push('itself')
      port2.postMessage('last'); port2.close(); port2.postMessage('lost'); port1.postMessage('nobody')
      await new Promise((done) => setTimeout(done, 5))
      return seen`
    assert.deepEqual(evaluate(body), ['last', 'close'])
  })

  it('refuses what it must, as in Node', () =>
    assertExpressionsLikeNode([
      `new MessagePort()`,
      `new MessageChannel().port1.postMessage()`,
      `new MessageChannel().port1.postMessage(() => {})`,
      `(() => { const { port1 } = new MessageChannel(); port1.postMessage(1, [port1]) })()`,
      `(() => { const { port1 } = new MessageChannel(), { port2 } = new MessageChannel(); port1.close(); port2.postMessage(1, [port1]) })()`,
      `new MessageChannel().port1.postMessage(1, { transfer: 5 })`,
      `new MessageEvent('x', { ports: [{}] })`,
      `new MessageEvent('x', { source: {} })`,
    ]))

  it('is something that can still wake the guest, and costs no time', () => {
    using guest = new Guest(`exports.default = { fetch: () => { const { port1, port2 } = new MessageChannel()
      return new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(new Response(data)); port2.postMessage('arrived') }) } }`)
    const id = guest.add()
    guest.run()
    assert.deepEqual([guest.results, guest.wakeUps], [[], [0]])
    guest.wake()
    guest.run()
    assert.equal(guest.answerOf(id).body, 'arrived')
    assert.deepEqual(guest.wakeUps, [0])
  })

  it('that posts to itself without end leaves others their turn', () => {
    using guest =
      new Guest(`exports.default = { fetch: () => { const { port1, port2 } = new MessageChannel(); let n = 0
      port1.onmessage = () => { console.log(++n); port2.postMessage(0) }; port2.postMessage(0); return new Promise(() => {}) } }`)
    guest.add()
    guest.run()
    guest.wake()
    guest.run()
    assert.deepEqual(
      guest.logs.map(({ text }) => text),
      ['1'],
    )
    assert.deepEqual(guest.wakeUps, [0, 0])
  })

  it('delivers as the request that posted', () => {
    using guest =
      new Guest(`const { port1, port2 } = new MessageChannel(); port1.onmessage = ({ data }) => console.log(data)
      exports.default = { fetch: ({ url }) => { port2.postMessage(url); return new Response() } }`)
    const ids = [guest.add({ url: 'http://a/1' }), guest.add({ url: 'http://a/2' })]
    guest.run()
    guest.wake()
    guest.run()
    assert.deepEqual(
      guest.logs.map(({ requestId, text }) => [requestId, text]),
      ids.map((id, index) => [id, `http://a/${index + 1}`]),
    )
  })
})

describe('structuredClone', () => {
  it('moves nothing if it fails', () => {
    const body = `const buffer = new ArrayBuffer(8), { port1 } = new MessageChannel()
      try { structuredClone([buffer, port1, () => {}], { transfer: [buffer, port1] }) } catch {}
      const moved = structuredClone({ port1 }, { transfer: [port1, buffer] })
      return [buffer.detached, moved.port1 instanceof MessagePort, moved.port1 !== port1]`
    assert.deepEqual(evaluate(body), [true, true, true])
  })

  it('moves buffers under their views', () => {
    const body = `const buffer = new Uint8Array([1, 2, 3, 4]).buffer
      const { bytes, view, again } = structuredClone({ bytes: new Uint8Array(buffer, 1, 2), view: new DataView(buffer, 2), again: buffer }, { transfer: [buffer] })
      return [[...bytes], view.getUint8(1), bytes.buffer === again, view.buffer === again, again.byteLength, buffer.byteLength]`
    assert.deepEqual(evaluate(body), [[2, 3], 4, true, true, 4, 0])
  })

  it('copies objects of the platform that may be, and refuses the others', () => {
    const body = `const tried = (make) => { try { return Object.prototype.toString.call(structuredClone(make())) } catch (error) { return error.name } }
      return [() => new Blob(['x']), () => new File(['x'], 'n'), () => new DOMException('m', 'AbortError'), () => new Headers(), () => new Request('http://a'), () => new Response(),
        () => new EventTarget(), () => new (class extends EventTarget {})(), () => new URL('http://a'), () => new MessageChannel().port1, () => new AbortController().signal,
        () => Promise.resolve(), () => new WeakMap(), () => new WeakRef({}), () => (function* () {})(), () => new SharedArrayBuffer(1), () => Object.create(Map.prototype),
      ].map(tried)`
    const refused = 'DataCloneError'
    assert.deepEqual(evaluate(body), [
      '[object Blob]',
      '[object File]',
      '[object DOMException]',
      ...Array(13).fill(refused),
      '[object Object]',
    ])
  })

  it('copies what blobs, files and exceptions hold', () => {
    const body = `const file = structuredClone(new File(['content'], 'name.txt', { type: 'text/plain', lastModified: 5 }))
      const error = structuredClone(new DOMException('m', 'NotFoundError'))
      return [await file.text(), file.name, file.type, file.lastModified, error.message, error.name, error.code, error instanceof DOMException]`
    assert.deepEqual(evaluate(body), ['content', 'name.txt', 'text/plain', 5, 'm', 'NotFoundError', 8, true])
  })

  it('keeps buffers resizable, and views of them following', () => {
    const body = `const buffer = new ArrayBuffer(4, { maxByteLength: 16 })
      const copy = structuredClone({ buffer, follows: new Uint8Array(buffer), fixed: new Uint8Array(buffer, 0, 2) })
      copy.buffer.resize(8)
      return [copy.buffer.maxByteLength, copy.follows.length, copy.fixed.length]`
    assert.deepEqual(evaluate(body), [16, 8, 2])
  })

  it('copies arrays with holes, further properties, and setters on their prototype', () => {
    const body = `Object.defineProperty(Array.prototype, '1', { set() { throw new Error('called') }, configurable: true })
      const copy = structuredClone(Object.assign([1, , 3], { name: 'x' }))
      delete Array.prototype[1]
      return [Object.keys(copy), copy.length, copy instanceof Array, Array.isArray(copy), copy.map((n) => n)]`
    assert.deepEqual(evaluate(body), [['0', '2', 'name'], 3, true, true, [1, null, 3]])
  })
})
