import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Guest } from './harness.ts'

/** Exports `add(a, b)`; imports `m.report(n)`, which it calls with the sum. */
const addModule = [
  '0061736d01000000',
  '010b0260017f0060027f7f017f',
  '020c01016d067265706f72740000',
  '03020101',
  '070701036164640001',
  '0a10010e00200020016a1000200020016a0b',
].join('')
const prelude = `const bytes = new Uint8Array('${addModule}'.match(/../g).map((byte) => parseInt(byte, 16)))
  const seen = []; const imports = { m: { report: (n) => seen.push(n) } }`

function evaluateWith(allowsWasm: boolean, body: string): unknown {
  using guest = new Guest(
    `exports.default = { fetch: async () => { ${prelude}; return Response.json((await (async () => { ${body} })()) ?? null) } }`,
    { allowsWasm },
  )
  return guest.callJson()
}

describe('WebAssembly, for a function that is allowed it', () => {
  it('compiles and instantiates, at once and asynchronously', () => {
    const body = `const module = new WebAssembly.Module(bytes)
      const instances = [new WebAssembly.Instance(module, imports), await WebAssembly.instantiate(module, imports), (await WebAssembly.instantiate(bytes, imports)).instance,
        new WebAssembly.Instance(await WebAssembly.compile(bytes), imports)]
      return [instances.map(({ exports }, index) => exports.add(index, 40)), seen, WebAssembly.validate(bytes)]`
    assert.deepEqual(evaluateWith(true, body), [[40, 41, 42, 43], [40, 41, 42, 43], true])
  })

  it('takes responses of its own kind only', () => {
    const body = `const respond = (type, status = 200) => Promise.resolve(new Response(bytes, { status, headers: type === null ? {} : { 'content-type': type } }))
      const { instance } = await WebAssembly.instantiateStreaming(respond('Application/WASM'), imports)
      const tried = async (make) => { try { return String(await make()) } catch (error) { return error.name } }
      const read = await respond('application/wasm'); await read.text()
      return [instance.exports.add(1, 2), await Promise.all([
        () => WebAssembly.compileStreaming(respond('application/wasm')), () => WebAssembly.compileStreaming(respond('application/wasm; charset=utf-8')), () => WebAssembly.compileStreaming(respond(null)),
        () => WebAssembly.compileStreaming(respond('application/wasm', 404)), () => WebAssembly.compileStreaming(bytes), () => WebAssembly.compileStreaming(Promise.reject(new RangeError())),
        () => WebAssembly.compileStreaming(read), () => WebAssembly.instantiateStreaming(respond('application/wasm'), 5)].map(tried))]`
    assert.deepEqual(evaluateWith(true, body), [
      3,
      [
        '[object WebAssembly.Module]',
        'TypeError',
        'TypeError',
        'TypeError',
        'TypeError',
        'RangeError',
        'TypeError',
        'TypeError',
      ],
    ])
  })

  it('rejects with the errors that the standard names', () => {
    const body = `const tried = async (promise) => { try { await promise; return 'fine' } catch (error) { return error.constructor.name } }
      return Promise.all([WebAssembly.compile(new Uint8Array(4)), WebAssembly.compile('text'), WebAssembly.compile(), WebAssembly.instantiate(bytes), WebAssembly.instantiate(bytes, { m: {} }), WebAssembly.instantiate(bytes, 5)].map(tried))`
    assert.deepEqual(evaluateWith(true, body), [
      'CompileError',
      'TypeError',
      'TypeError',
      'TypeError',
      'LinkError',
      'TypeError',
    ])
  })

  it('is complete, and looks as in Web IDL', () => {
    const body = `const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')
      return [[enumerable, writable, configurable], ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming'].map((name) => [WebAssembly[name].name === name, WebAssembly[name].length]),
        ['Global', 'Instance', 'Memory', 'Module', 'Table', 'Tag', 'Exception', 'CompileError', 'LinkError', 'RuntimeError', 'validate', 'JSTag'].map((name) => typeof WebAssembly[name])]`
    assert.deepEqual(evaluateWith(true, body), [
      [false, true, true],
      Array(4).fill([true, 1]),
      [...Array(11).fill('function'), 'object'],
    ])
  })

  it('is there while the module is evaluated', () => {
    using guest = new Guest(
      `const kind = typeof WebAssembly.Module; exports.default = { fetch: () => new Response(kind) }`,
      { allowsWasm: true },
    )
    assert.equal(guest.call().body, 'function')
  })
})

describe('WebAssembly, for a function that is not allowed it', () => {
  it('is nowhere', () => {
    const body = `const found = new Set(), queue = [globalThis, (async () => {})(), function* () {}, async function* () {}, new Error('x'), request]
      for (const one of queue) {
        if (found.has(one)) continue
        found.add(one)
        for (const key of Reflect.ownKeys(one)) {
          let value; try { value = one[key] } catch {}
          if ((typeof value === 'object' && value !== null) || typeof value === 'function') queue.push(value)
        }
        const prototype = Object.getPrototypeOf(one); if (prototype !== null) queue.push(prototype)
      }
      const names = [...found].map((one) => { try { return [one[Symbol.toStringTag], one.name].filter((name) => typeof name === 'string').join() } catch { return '' } })
      return [typeof WebAssembly, 'WebAssembly' in globalThis, found.size > 500, names.filter((name) => /WebAssembly|CompileError|LinkError/.test(name))]`
    using guest = new Guest(
      `exports.default = { fetch: async (request) => { return Response.json(await (async () => { ${body} })()) } }`,
    )
    assert.deepEqual(guest.callJson(), ['undefined', false, true, []])
  })

  it('is not there while the module is evaluated either', () => {
    using guest = new Guest(
      `const kind = typeof WebAssembly; exports.default = { fetch: () => new Response(kind) }`,
    )
    assert.equal(guest.call().body, 'undefined')
  })
})
