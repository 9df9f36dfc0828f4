import { test } from 'node:test'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

test('blobs and files are made of what Web IDL takes, as in Node', () =>
  assertExpressionsLikeNode([
    `new Blob().size`,
    `new Blob(undefined, null).type`,
    `new Blob(['a', new Blob(['b']), new Uint8Array([99]), 1, null]).text()`,
    `new Blob(new Set(['a', 'b'])).text()`,
    `new Blob('text')`,
    `new Blob(null)`,
    `new Blob({})`,
    `new Blob([], 1)`,
    `new Blob([], { endings: 'other' })`,
    `new Blob(['a\\r\\nb\\rc\\n\\r'], { endings: 'native' }).text()`,
    `new Blob(['a\\r\\nb'], { endings: 'transparent' }).text()`,
    `new Blob(['abc'], { type: 'X/Y' }).slice(1).text()`,
    `new Blob(['abc']).slice(-2, -1, 'A/B').type`,
    `[Blob.length, Blob.prototype.slice.length, File.length]`,
    `new File()`,
    `new File([])`,
    `new File([], 'a', 1)`,
    `new File([], 'a', null).name`,
    `new File([], 'a', { lastModified: NaN }).lastModified`,
    `new File(['x'], 1).name`,
  ]))

test('parts are converted one by one, before the options are read', () =>
  assertLikeNode(`
    const seen = []
    const parts = [{ toString: () => { seen.push('first'); parts.pop(); return 'a' } }, { toString: () => 'b' }]
    const options = { get type() { seen.push('type'); return '' }, get endings() { seen.push('endings'); return 'native' } }
    const blob = new Blob(parts, options)
    return [await blob.text(), seen]`))

test('an iterator of parts is read as Web IDL has it', () =>
  assertLikeNode(`
    const seen = []
    const iterator = { next: () => ({ done: false, value: { toString() { throw new RangeError('bad') } } }), return: () => seen.push('return') }
    const iterable = { get [Symbol.iterator]() { seen.push('asked'); return () => iterator } }
    try { new Blob(iterable) } catch (error) { seen.push(error.name) }
    return seen`))

test('a form is read from an empty body, and fails with the body', () =>
  assertLikeNode(`
    const attempt = async (read) => { try { return [...await read()] } catch (error) { return error.name } }
    const urlencoded = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    const failing = () => new ReadableStream({ start(controller) { controller.error(new RangeError('gone')) } })
    return [
      await attempt(() => new Response(null, urlencoded).formData()),
      await attempt(() => new Response(null, { headers: { 'content-type': 'multipart/form-data; boundary=b' } }).formData()),
      await attempt(() => new Response(null).formData()),
      await attempt(() => new Response(failing()).formData()),
      await attempt(() => new Response('\\ufeffa=1', urlencoded).formData()),
    ]`))

test('a body that was read is locked', () =>
  assertLikeNode(`
    const text = new Response('x')
    const read = text.text()
    const seen = [text.body.locked, text.bodyUsed]
    await read
    const shown = new Response('x')
    const { body } = shown
    await shown.bytes()
    return [...seen, text.body.locked, body === shown.body, body.locked, shown.bodyUsed]`))

test('parts of a form have the headers that every reader knows', () =>
  assertLikeNode(`
    const form = new FormData()
    form.append('a', '1')
    form.append('f', new File(['x'], 'f.txt', { type: 'text/x' }))
    const text = await new Response(form).text()
    return text.split('\\r\\n').filter((line) => !line.startsWith('--'))`))
