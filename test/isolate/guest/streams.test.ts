import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { op } from '../../../runtime/isolate/abi.ts'
import { evaluate, Guest, thrown } from './harness.ts'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

describe('ReadableStream', () => {
  it('is read, cancelled, teed and iterated as in Node', () =>
    assertLikeNode(`
      const seen = []
      const numbers = (count) => { let n = 0; return new ReadableStream({ pull(c) { n < count ? c.enqueue(++n) : c.close() }, cancel(reason) { seen.push(['cancel', reason]) } }) }
      const reader = numbers(2).getReader()
      seen.push(await reader.read(), await reader.read(), await reader.read(), await reader.closed)
      for await (const n of numbers(3)) seen.push(n)
      for await (const n of numbers(3)) { seen.push(n); break }
      for await (const n of numbers(3).values({ preventCancel: true })) { seen.push(n); break }
      const [a, b] = numbers(3).tee()
      const all = async (stream) => { const items = []; for await (const item of stream) items.push(item); return items }
      seen.push(await Promise.all([all(a), all(b)]))
      const source = numbers(9); const [c, d] = source.tee()
      seen.push(source.locked, c.locked)
      const cancelled = Promise.all([c.cancel('c'), d.cancel('d')])
      await cancelled
      const queued = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); seen.push(c.desiredSize); c.close() } }, { highWaterMark: 3 })
      seen.push(await all(queued))
      const sized = new ReadableStream({ start(c) { c.enqueue('four'); seen.push(c.desiredSize) } }, { highWaterMark: 5, size: (chunk) => chunk.length })
      const failing = new ReadableStream({ start(c) { c.enqueue(1); c.error(new Error('broken')) } })
      const failingReader = failing.getReader()
      for (let i = 0; i < 2; i++) try { await failingReader.read() } catch (error) { seen.push(error.message) }
      try { await failingReader.closed } catch (error) { seen.push(error.message) }
      const released = numbers(2); const first = released.getReader()
      await first.read(); first.releaseLock()
      try { await first.read() } catch (error) { seen.push(error.name) }
      seen.push(await released.getReader().read())
      seen.push(await all(ReadableStream.from(['x', Promise.resolve('y')])), await all(ReadableStream.from((async function* () { yield 1; yield 2 })())))
      const pulls = []; const lazy = new ReadableStream({ pull(c) { pulls.push(1); c.enqueue(1) } }, { highWaterMark: 0 })
      await 0; seen.push(pulls.length); await lazy.getReader().read(); seen.push(pulls.length)
      const slow = new ReadableStream({ async start() { await 0; seen.push('started') }, pull(c) { seen.push('pull'); c.enqueue('p'); c.close() } })
      seen.push(await all(slow), Object.prototype.toString.call(slow))
      return seen`))

  it('refuses what it must, as in Node', () =>
    assertExpressionsLikeNode([
      `new ReadableStream({ start() { throw new RangeError('start') } })`,
      `new ReadableStream({ start: async () => { throw new RangeError('start') } }).getReader().read()`,
      `new ReadableStream({ pull() { throw new RangeError('pull') } }).getReader().read()`,
      `new ReadableStream({}, { highWaterMark: -1 })`,
      `new ReadableStream({}, { highWaterMark: NaN })`,
      `(() => { const s = new ReadableStream(); s.getReader(); s.getReader() })()`,
      `(() => { const s = new ReadableStream(); s.getReader(); return s.cancel() })()`,
      `(() => { const s = new ReadableStream(); s.getReader(); s.tee() })()`,
      `new ReadableStream({ start(c) { c.close(); c.enqueue(1) } })`,
      `new ReadableStream({ start(c) { c.close(); c.close() } })`,
      `new ReadableStream({ start(c) { c.enqueue(1) } }, { size: () => -1 })`,
      `new ReadableStream({ cancel() { throw new RangeError('cancel') } }).cancel()`,
      `new ReadableStream({ start(c) { new c.constructor({}) } })`,
      `ReadableStream.from(5)`,
      `ReadableStream.prototype.getReader.call({})`,
    ]))
})

describe('Byte streams', () => {
  it('fill the buffers of their readers as in Node', () =>
    assertLikeNode(`
      const seen = []
      const see = ({ value, done }) => seen.push([done, value && [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)], value?.constructor.name])
      const source = (chunks) => ({ type: 'bytes', pull(c) { chunks.length > 0 ? c.enqueue(new Uint8Array(chunks.shift())) : (c.close(), c.byobRequest?.respond(0)) } })
      const byob = new ReadableStream(source([[1, 2, 3, 4, 5], [6]])).getReader({ mode: 'byob' })
      see(await byob.read(new Uint8Array(2))); see(await byob.read(new Uint16Array(1))); see(await byob.read(new DataView(new ArrayBuffer(4)), { min: 2 }))
      see(await byob.read(new Uint8Array(2)))
      const own = new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 3, pull(c) { c.byobRequest.view.fill(9); c.byobRequest.respond(2) } })
      const reader = own.getReader(); see(await reader.read()); reader.releaseLock()
      const filling = own.getReader({ mode: 'byob' }); see(await filling.read(new Uint8Array(8)))
      const [one, two] = new ReadableStream(source([[1, 2], [3]])).tee()
      const first = one.getReader({ mode: 'byob' }), second = two.getReader()
      see(await first.read(new Uint8Array(1))); see(await second.read()); see(await first.read(new Uint8Array(4))); see(await second.read()); see(await first.read(new Uint8Array(4))); see(await second.read())
      const taken = new Uint8Array(4); byob.releaseLock()
      const given = new ReadableStream({ type: 'bytes', start(c) { c.enqueue(taken) } })
      seen.push(taken.byteLength)
      return seen`))

  it('refuse what they must, as in Node', () =>
    assertExpressionsLikeNode([
      `new ReadableStream({ type: 'bytes' }, { size: () => 1 })`,
      `new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 0 })`,
      `new ReadableStream({ type: 'bits' })`,
      `new ReadableStream().getReader({ mode: 'byob' })`,
      `new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' }).read(new Uint8Array(0))`,
      `new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' }).read(new Uint8Array(2), { min: 3 })`,
      `new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' }).read('text')`,
      `new ReadableStream({ type: 'bytes', start(c) { c.enqueue('text') } })`,
      `new ReadableStream({ type: 'bytes', start(c) { c.enqueue(new Uint8Array(0)) } })`,
      `new ReadableStream({ type: 'bytes', pull(c) { c.byobRequest.respond(0) } }).getReader({ mode: 'byob' }).read(new Uint8Array(1))`,
      `new ReadableStream({ type: 'bytes', pull(c) { c.byobRequest.respond(2) } }).getReader({ mode: 'byob' }).read(new Uint8Array(1))`,
      `new ReadableStream({ type: 'bytes', pull(c) { c.byobRequest.respondWithNewView(new Uint8Array(1)) } }).getReader({ mode: 'byob' }).read(new Uint8Array(2))`,
    ]))
})

describe('WritableStream, TransformStream and pipes', () => {
  it('write, close, abort and wait for room as in Node', () =>
    assertLikeNode(`
      const seen = []
      const sink = { start() { seen.push('start') }, write(chunk) { seen.push(['write', chunk]) }, close() { seen.push('close') }, abort(reason) { seen.push(['abort', reason]) } }
      const writer = new WritableStream(sink, { highWaterMark: 2, size: (chunk) => chunk.length }).getWriter()
      seen.push(writer.desiredSize); const long = writer.write('long'); seen.push(writer.desiredSize)
      const before = writer.ready; await long; seen.push(await before, writer.desiredSize)
      await writer.close(); seen.push(await writer.closed)
      const second = new WritableStream(sink).getWriter(); const third = [second.write('a'), second.write('b'), second.ready]
      await Promise.allSettled([second.abort('stop'), ...third, second.closed]).then((all) => seen.push(all))
      let signal; const aborted = new WritableStream({ start(c) { signal = c.signal } }); await aborted.abort('why'); seen.push(signal.aborted, signal.reason)
      const failing = new WritableStream({ write() { throw 'broken' } }).getWriter()
      await Promise.allSettled([failing.write(1), failing.closed, failing.ready, failing.write(2)]).then((all) => seen.push(all))
      return seen`))

  it('transform and pipe as in Node, to whatever end', () =>
    assertLikeNode(`
      const seen = []
      const numbers = (count, end) => { let n = 0; return new ReadableStream({ pull(c) { if (n < count) c.enqueue(++n); else end === undefined ? c.close() : c.error(end) }, cancel(reason) { seen.push(['cancel', reason?.name ?? reason]) } }) }
      const all = async (stream) => { const items = []; for await (const item of stream) items.push(item); return items }
      const twice = () => new TransformStream({ transform(chunk, c) { c.enqueue(chunk); c.enqueue(chunk) }, flush(c) { c.enqueue('end') } })
      seen.push(await all(numbers(2).pipeThrough(twice()).pipeThrough(new TransformStream())))
      const written = []; const into = (more = {}) => new WritableStream({ write(chunk) { written.push(chunk) }, close() { written.push('close') }, abort(reason) { written.push(['abort', reason]) }, ...more })
      const tryTo = (promise) => promise.then(() => 'done', (reason) => reason)
      seen.push(await tryTo(numbers(2).pipeTo(into())), await tryTo(numbers(1, 'source').pipeTo(into())), await tryTo(numbers(1, 'source').pipeTo(into(), { preventAbort: true })))
      seen.push(await tryTo(numbers(3).pipeTo(into({ write() { throw 'sink' } }))), await tryTo(numbers(3).pipeTo(into({ write() { throw 'sink' } }), { preventCancel: true })))
      const controller = new AbortController(); controller.abort('signal')
      seen.push(await tryTo(numbers(3).pipeTo(into(), { signal: controller.signal })), await tryTo(numbers(1).pipeTo(into(), { preventClose: true })))
      const terminated = numbers(5).pipeThrough(new TransformStream({ transform(chunk, c) { c.enqueue(chunk); c.terminate() } })); seen.push(await all(terminated))
      const cancelled = new TransformStream({ cancel(reason) { seen.push(['transformer', reason]) } }); await cancelled.readable.cancel('enough')
      seen.push(await tryTo(cancelled.writable.getWriter().write(1)))
      seen.push(written, new CountQueuingStrategy({ highWaterMark: 3 }).size('x'), new ByteLengthQueuingStrategy({ highWaterMark: 3 }).size(new Uint8Array(4)))
      return seen`))

  it('refuse what they must, as in Node', () =>
    assertExpressionsLikeNode([
      `new WritableStream({ type: 'x' })`,
      `new WritableStream({ write: 1 })`,
      `new WritableStream({ start() { throw new RangeError('start') } })`,
      `new WritableStream({}, { highWaterMark: -1 })`,
      `new TransformStream({ readableType: 'x' })`,
      `new TransformStream({ start() { throw new RangeError('start') } })`,
      `new TransformStream({ transform() { throw new RangeError('x') } }).writable.getWriter().closed.constructor.name`,
      `(() => { const s = new WritableStream(); s.getWriter(); s.getWriter() })()`,
      `(() => { const s = new WritableStream(); s.getWriter(); return s.close() })()`,
      `new ReadableStream().pipeTo({})`,
      `new ReadableStream().pipeTo(new WritableStream(), { signal: {} })`,
      `new ReadableStream().pipeThrough({ readable: new ReadableStream() })`,
      `(() => { const s = new WritableStream(); s.getWriter(); return new ReadableStream().pipeTo(s) })()`,
      `new CountQueuingStrategy()`,
      `new CountQueuingStrategy({})`,
      `WritableStream.prototype.abort.call({})`,
      `TransformStream.prototype.readable`,
    ]))
})

describe('Streams that are moved', () => {
  it('go on in the place they are moved to, and their chunks are cloned', () => {
    assert.deepEqual(
      evaluate(`const chunk = { a: 1 }, seen = []
        const readable = ReadableStream.from([chunk]), moved = structuredClone(readable, { transfer: [readable] })
        const { value } = await moved.getReader().read(); seen.push(value, value === chunk, readable.locked)
        const writable = new WritableStream({ write(chunk) { seen.push(chunk) }, close() { seen.push('close') } })
        const writer = structuredClone(writable, { transfer: [writable] }).getWriter(); await writer.write('x'); await writer.close()
        const transform = new TransformStream({ transform(chunk, controller) { controller.enqueue(chunk + 1) } }), other = structuredClone(transform, { transfer: [transform] })
        other.writable.getWriter().write(1); seen.push(await other.readable.getReader().read(), other instanceof TransformStream)
        return seen`),
      [{ a: 1 }, false, true, 'x', 'close', { value: 2, done: false }, true],
    )
  })

  it('must not be locked, and be in the list', () => {
    for (const code of [
      'const s = new ReadableStream(); structuredClone(s)',
      'const s = new ReadableStream(); s.getReader(); structuredClone(s, { transfer: [s] })',
      'const t = new TransformStream(); structuredClone([t, t.readable], { transfer: [t, t.readable] })',
    ])
      assert.match(String(thrown(code)), /^DataCloneError/)
  })
})

describe('Code of streams', () => {
  const loads = (code: string): number => {
    using guest = new Guest(`exports.default = { fetch() { ${code}; return new Response('text') } }`)
    guest.call()
    return guest.calls.get(op.evaluatePart) ?? 0
  }

  it('is not loaded for bodies that are no streams', () => {
    assert.equal(loads(''), 0)
    assert.equal(loads(`new Response('text').text(); new Response('{}').json()`), 0)
    assert.equal(loads(`new Response(new Uint8Array(1)).bytes(); new Response('text').clone().bodyUsed`), 0)
  })

  it('is loaded in parts, as it is touched', () => {
    const readable = loads('new ReadableStream()')
    assert.ok(readable > 0)
    const bytes = loads(`new ReadableStream(); new ReadableStream({ type: 'bytes' })`)
    const transform = loads('new ReadableStream(); new TransformStream()')
    assert.ok(bytes > readable && transform > readable, `${readable} ${bytes} ${transform}`)
  })
})

describe('Blob and File', () => {
  it('are made and read as in Node', () =>
    assertLikeNode(`
      const seen = []
      const see = async (blob) => seen.push([blob.size, blob.type, await blob.text(), [...new Uint8Array(await blob.arrayBuffer())].length, [...await blob.bytes()].length])
      const blob = new Blob(['é', new Uint8Array([65, 66]), new Blob(['c']), new Uint8Array([67, 68]).buffer, 12], { type: 'Text/Plain' })
      await see(blob); await see(new Blob()); await see(new Blob([], { type: 'ü' }))
      for (const range of [[], [1], [1, 3], [-2], [-4, -1], [3, 1], [0, 99], [1, 4, 'a/B']]) await see(blob.slice(...range))
      const chunks = []; for await (const chunk of blob.stream()) chunks.push(...chunk)
      seen.push(chunks.length)
      const file = new File(['x'], 'name.txt', { type: 'a/b', lastModified: 5 })
      seen.push(file.name, file.type, file.lastModified, file.size, file instanceof Blob, Object.prototype.toString.call(file), Object.prototype.toString.call(blob))
      return seen`))
})

describe('FormData', () => {
  it('is changed and listed as in Node', () =>
    assertLikeNode(`
      const form = new FormData()
      form.append('a', '1'); form.append('b', 2); form.append('a', '3'); form.append('f', new Blob(['x'], { type: 't/u' })); form.append('g', new File(['y'], 'y.txt')); form.append('h', new Blob(['z']), 'z.txt')
      const list = () => [...form].map(([name, value]) => [name, typeof value === 'string' ? value : [value.name, value.type, value.size, value instanceof File]])
      const seen = [list(), form.get('a'), form.get('zz'), form.getAll('a'), form.has('b'), form.has('zz')]
      form.set('a', 'new'); form.delete('b'); form.set('n', 'n')
      seen.push(list(), [...form.keys()])
      form.forEach((value, name, all) => { seen.push([name, all === form]) })
      return seen`))

  it('goes through multipart and back as in Node', () =>
    assertLikeNode(`
      const form = new FormData()
      form.append('text', 'line\\nbreak é'); form.append('na"me\\r\\n', 'v'); form.append('empty', '')
      form.append('file', new File([new Uint8Array([0, 255, 13, 10, 45, 45])], 'a "b".bin', { type: 'application/x' })); form.append('plain', new Blob(['p']), 'p')
      const request = new Request('http://a', { method: 'POST', body: form })
      const type = request.headers.get('content-type')
      const back = await request.formData()
      const seen = [type.startsWith('multipart/form-data; boundary=----')]
      for (const [name, value] of back) seen.push([name, typeof value === 'string' ? value : [value.name, value.type, [...await value.bytes()]]])
      return seen`))

  const multipart = (body: string, type = 'multipart/form-data; boundary=b') =>
    `(async () => [...await new Response(${JSON.stringify(body)}, { headers: { 'content-type': ${JSON.stringify(type)} } }).formData()].map(([n, v]) => [n, typeof v === 'string' ? v : v.name]))()`
  it('reads bodies of forms, and refuses others, as Node does', () =>
    assertExpressionsLikeNode([
      multipart('a=1&b=2%203&a=+', 'application/x-www-form-urlencoded'),
      multipart('--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n'),
      multipart(
        '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n--b\r\ncontent-disposition: form-data; name="f"; filename="n"\r\ncontent-type: a/b\r\n\r\nz\r\n--b--',
      ),
      multipart(
        '--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n',
        'multipart/form-data; boundary="b"',
      ),
      multipart('--b\r\ncontent-disposition: form-data\r\n\r\n1\r\n--b--\r\n'),
      multipart('--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n1'),
      multipart('junk'),
      multipart('x', 'multipart/form-data'),
      multipart('x', 'text/plain'),
    ]))
})
