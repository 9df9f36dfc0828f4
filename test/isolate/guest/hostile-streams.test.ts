import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate, Guest } from './harness.ts'

/** Replaces what streams could be got at by; everything that these are given goes to `seen`. */
const patchLanguage = `
  const seen = Object.setPrototypeOf([], null), { defineProperty, getOwnPropertyNames } = Object
  const see = (...values) => { for (let i = 0; i < values.length; i++) seen[seen.length] = values[i] }
  const patch = () => {
    const traps = [[Object.prototype, ['then', 'next', 'first', 'done', 'value', 'reader', 'controller', 'status', 'isDisturbed', 'constructor', 0, 1]], [Array.prototype, [0, 1, 2, 3]]]
    for (let i = 0; i < traps.length; i++) for (let k = 0; k < traps[i][1].length; k++)
      defineProperty(traps[i][0], traps[i][1][k], { __proto__: null, get() { see(this) }, set(value) { see(this, value) }, configurable: true })
    const prototypes = [Promise.prototype, Function.prototype, Array.prototype, Object.getPrototypeOf(Uint8Array.prototype), ArrayBuffer.prototype, Object.getPrototypeOf([][Symbol.iterator]())]
    for (let p = 0; p < prototypes.length; p++) for (let names = getOwnPropertyNames(prototypes[p]), k = 0; k < names.length; k++)
      try { if (names[k] !== 'constructor' && typeof prototypes[p][names[k]] === 'function') prototypes[p][names[k]] = function (...values) { see(this, ...values); throw new Error('patched') } } catch {}
    Array.prototype[Symbol.iterator] = function () { see(this); throw new Error('patched') }
    const statics = [[Promise, ['resolve', 'reject', 'all', 'withResolvers']], [Reflect, ['apply']], [Object, ['defineProperty', 'setPrototypeOf']]]
    for (let i = 0; i < statics.length; i++) for (let k = 0; k < statics[i][1].length; k++) statics[i][0][statics[i][1][k]] = (...values) => { see(...values); throw new Error('patched') }
  }
  /** What the bootstrap's own objects have and nothing of the guest's. */
  const leaks = () => { let count = 0
    for (let i = 0; i < seen.length; i++) if (typeof seen[i] === 'object' && seen[i] !== null)
      for (let names = ['storedError', 'isDisturbed', 'isByob', 'onChunk', 'totalSize', 'bytesFilled', 'writer', 'isStarted', 'shouldPull'], k = 0; k < names.length; k++)
        if (names[k] in seen[i] && typeof seen[i] !== 'function') { const own = getOwn(seen[i], names[k]); if (own !== undefined) count++ }
    return count }
  const getOwn = Object.getOwnPropertyDescriptor`

describe('a guest that patches the language', () => {
  it('streams a response, and gets hold of nothing that streams are made of', () => {
    using guest = new Guest(`${patchLanguage}
      globalThis.leaks = leaks
      const ResponseBefore = Response, enqueue = ReadableStreamDefaultController.prototype.enqueue, ReadableStreamBefore = ReadableStream
      const A = new Uint8Array([65]), B = new Uint8Array([66])
      exports.default = { fetch() {
        patch()
        let n = 0
        return new ResponseBefore(new ReadableStreamBefore({ pull(controller) { n++ < 3 ? controller.enqueue(n % 2 ? A : B) : controller.close() } }))
      } }`)
    assert.equal(guest.call().body, 'ABA')
    assert.equal(guest.eval('leaks()'), 0)
  })

  it('reads the body of a request bit by bit', () => {
    using guest = new Guest(`${patchLanguage}
      const ResponseBefore = Response
      exports.default = { async fetch(request) {
        patch()
        const reader = request.body.getReader()
        let bytes = 0
        for (let result; !(result = await reader.read()).done; ) bytes += result.value.byteLength
        return new ResponseBefore(bytes + ' ' + leaks())
      } }`)
    assert.equal(guest.call({ method: 'POST', chunks: ['ab', 'cde'] }).body, '5 0')
  })

  it('pipes, divides, transforms and compresses as before', () => {
    using guest = new Guest(`${patchLanguage}
      const ResponseBefore = Response
      exports.default = { async fetch() {
        const source = () => { let n = 0; return { pull(controller) { n++ < 3 ? controller.enqueue('x') : controller.close() } } }
        const [one, two] = new ReadableStream(source()).tee()
        const compression = new CompressionStream('gzip'), decompression = new DecompressionStream('gzip')
        const encoder = new TextEncoderStream(), decoder = new TextDecoderStream(), identity = new TransformStream()
        const bytes = new ReadableStream({ type: 'bytes', pull(controller) { controller.byobRequest.view[0] = 7; controller.byobRequest.respond(1) } })
        const byob = bytes.getReader({ mode: 'byob' })
        patch()
        const last = one.pipeThrough(identity).pipeThrough(encoder).pipeThrough(compression).pipeThrough(decompression).pipeThrough(decoder)
        const reader = last.getReader(), other = two.getReader()
        let text = ''
        for (let result; !(result = await reader.read()).done; ) text += result.value
        for (let result; !(result = await other.read()).done; ) text += result.value
        text += (await byob.read(new Uint8Array(4))).value.byteLength
        return new ResponseBefore(text + ' ' + leaks())
      } }`)
    assert.equal(guest.call().body, 'xxxxxx1 0')
  })
})

describe('objects of streams', () => {
  it('show nothing of what they hold, and cannot be made by guests', () => {
    assert.deepEqual(
      evaluate(`let controllers = []
        const readable = new ReadableStream({ start(c) { controllers.push(c) } }), bytes = new ReadableStream({ type: 'bytes', start(c) { controllers.push(c) } })
        const writable = new WritableStream({ start(c) { controllers.push(c) } }), transform = new TransformStream({ start(c) { controllers.push(c) } })
        const objects = [...controllers, readable, bytes, writable, transform, readable.getReader(), bytes.getReader({ mode: 'byob' }), writable.getWriter(), new CompressionStream('gzip'), new TextDecoderStream()]
        const made = controllers.map((controller) => { try { return typeof new controller.constructor({}, {}) } catch (error) { return error.name } })
        return [objects.map((one) => Reflect.ownKeys(one).length).join(''), made]`),
      ['0'.repeat(13), ['TypeError', 'TypeError', 'TypeError', 'TypeError']],
    )
  })

  it('are not taken for what only looks like them', () => {
    assert.deepEqual(
      evaluate(`const fakes = [Object.create(ReadableStream.prototype), { __proto__: new ReadableStream() }, new Proxy(new ReadableStream(), {})]
        const attempt = (action) => { try { action(); return 'taken' } catch (error) { return error.name } }
        return fakes.map((fake) => [attempt(() => ReadableStream.prototype.getReader.call(fake)), attempt(() => new ReadableStreamDefaultReader(fake)), attempt(() => fake.locked), String(new Response(fake).headers.get('content-type'))].join())`),
      Array.from({ length: 3 }, () => 'TypeError,TypeError,TypeError,text/plain;charset=UTF-8'),
    )
  })
})
