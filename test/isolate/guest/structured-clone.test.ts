import { describe, it } from 'node:test'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

describe('structuredClone', () => {
  it('copies as in Node', () =>
    assertLikeNode(`
      const seen = []
      const source = { n: 1, s: 's', b: true, u: undefined, nil: null, big: '' + structuredClone(10n), date: new Date(5), re: /x/gi, arr: [1, , 3],
        nested: { deep: ['x'] }, boxed: [Object(1), Object('s'), Object(false)], ['__proto__']: 'own' }
      const copy = structuredClone(source)
      seen.push(copy, copy !== source, copy.nested !== source.nested, copy.date instanceof Date, copy.re.source, copy.re.flags, 1 in copy.arr, copy.arr.length,
        Object.getPrototypeOf(copy) === Object.prototype, Object.keys(copy), typeof copy.boxed[0])
      const map = structuredClone(new Map([[{ k: 1 }, new Set([1, 'x'])]]))
      seen.push([...map.keys()], [...[...map.values()][0]])
      const loop = { list: [] }; loop.self = loop; loop.list.push(loop, loop.list)
      const looped = structuredClone(loop)
      seen.push(looped.self === looped, looped.list[0] === looped, looped.list[1] === looped.list)
      const shared = { x: 1 }; const pair = structuredClone([shared, shared])
      seen.push(pair[0] === pair[1], pair[0] !== shared)
      const buffer = new Uint8Array([1, 2, 3, 4]).buffer
      const views = structuredClone({ bytes: new Uint8Array(buffer, 1, 2), words: new Uint16Array(buffer), view: new DataView(buffer, 2) })
      seen.push([...views.bytes], [...views.words], views.view.getUint8(0), views.view.byteLength, views.bytes.buffer === views.words.buffer, views.bytes.buffer !== buffer)
      const error = structuredClone(Object.assign(new RangeError('m', { cause: 'c' }), { extra: 1 }))
      seen.push(error instanceof RangeError, error.message, error.cause, 'extra' in error, typeof error.stack)
      class Point { constructor() { this.x = 1 } get y() { return 2 } }
      seen.push(structuredClone(new Point()), structuredClone(new Point()) instanceof Point, structuredClone({ get a() { return 3 } }))
      const moved = new ArrayBuffer(8)
      const taken = structuredClone({ moved }, { transfer: [moved] })
      seen.push(moved.byteLength, taken.moved.byteLength)
      return seen`))

  it('refuses what it must, as in Node', () =>
    assertExpressionsLikeNode([
      `structuredClone(() => {})`,
      `structuredClone({ a: Symbol('x') })`,
      `structuredClone(Object(Symbol('x')))`,
      `structuredClone([class {}])`,
      `structuredClone(1, { transfer: [{}] })`,
      `(() => { const b = new ArrayBuffer(1); return structuredClone(b, { transfer: [b, b] }) })()`,
      `structuredClone({ get a() { throw new RangeError('getter') } })`,
      `structuredClone(new DOMException('m', 'AbortError')).name`,
    ]))
})

describe('crypto', () => {
  it('fills and names at random, and refuses what it must, as in Node', () =>
    assertExpressionsLikeNode([
      `/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())`,
      `new Set(Array.from({ length: 1000 }, () => crypto.randomUUID())).size`,
      `(() => { const a = new Uint32Array(4); return crypto.getRandomValues(a) === a && a.some((n) => n !== 0) })()`,
      `(() => { const all = new Uint8Array(8); crypto.getRandomValues(all.subarray(2, 4)); return [all[0], all[1], all[4], all[7]] })()`,
      `crypto.getRandomValues(new Uint8Array(65536)).length`,
      `crypto.getRandomValues(new Uint8Array(0)).length`,
      `crypto.getRandomValues(new BigInt64Array(1)).length`,
      `crypto.getRandomValues(new Uint8Array(65537))`,
      `crypto.getRandomValues(new Float32Array(1))`,
      `crypto.getRandomValues(new DataView(new ArrayBuffer(1)))`,
    ]))
})
