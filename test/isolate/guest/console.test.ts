import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { format } from 'node:util'
import { Guest } from './harness.ts'

/** What a handler logs. */
function logs(body: string): { level: number; text: string }[] {
  using guest = new Guest(`exports.default = { fetch() { ${body}; return new Response() } }`)
  guest.call()
  return guest.logs.map(({ level, text }) => ({ level, text }))
}

describe('console', () => {
  it('writes with levels', () => {
    const seen = logs(`for (const name of ['debug', 'log', 'info', 'warn', 'error']) console[name](name)`)
    assert.deepEqual(
      seen.map(({ level, text }) => [level, text]),
      [
        [0, 'debug'],
        [1, 'log'],
        [1, 'info'],
        [2, 'warn'],
        [3, 'error'],
      ],
    )
  })

  /** What Node's console writes for the same arguments. */
  const shownAsInNode = [
    ``,
    `'text', 'with \\n line', ''`,
    `1, -0, 1.5, NaN, 10n, true, null, undefined`,
    `Symbol('s'), [Symbol('s')]`,
    `'%s is %d years and %i, %f, %j, %o', 'Bob', '42', 3.9, '1.5', { a: 1 }, 'rest'`,
    `'%s', null, undefined`,
    `'%% %s %x', 'a'`,
    `'100%', 5`,
    `'%s'`,
    `'%c styled', 'color: red'`,
    `{}, [], [[]], { a: {} }`,
    `{ a: 1, 'b-c': 'x', [Symbol('k')]: [1, 2], 3: null }`,
    `{ a: { b: { c: { d: 1 } } } }`,
    `[1, 'two', [3, [4, [5, [6]]]]]`,
    `['it\\'s', "say \\"hi\\"", 'a\\nb']`,
    `new Map([[1, { a: 1 }], ['k', 'v']]), new Set([1, 'x']), new Map(), new Set()`,
    `new Date(0), new Date(NaN), /x\\/y/gi`,
    `function named() {}, () => {}, class A {}, class extends Array {}, async () => {}`.replace(
      ', async () => {}',
      '',
    ),
    `new (class Point { constructor() { this.x = 1 } })(), new (class Empty {})(), Object.create(null), Object.assign(Object.create(null), { a: 1 })`,
    `Object.defineProperty({}, 'hidden', { value: 1 }), { get a() { return 1 }, set b(v) {}, get c() { return 1 }, set c(v) {} }`,
    `new Uint8Array([1, 2, 3]), new Float64Array(2)`,
    `new Number(3), new String('s'), new Boolean(false), Object(1n), Object(Symbol('b'))`,
    `Array.from({ length: 3 }, (_, i) => ({ id: i, name: 'a rather long name', tags: ['one', 'two'] }))`,
    `{ key: 'a value that is long enough', other: 'to be spread over more than one', line: true }`,
  ]
  for (const args of shownAsInNode) {
    it(`shows ${args || 'nothing'} as Node does`, () => {
      const expected = format(...(new Function(`return [${args}]`)() as unknown[]))
      assert.equal(logs(`console.log(${args})`)[0]!.text, expected)
    })
  }

  it('shows errors with their stack, what they carry and their cause', () => {
    const [line] = logs(
      `const error = new TypeError('bad', { cause: new Error('deep') }); error.code = 'E1'; console.error(error)`,
    )
    assert.match(
      line!.text,
      /^TypeError: bad\n {4}at [\s\S]*\{\n {2}code: 'E1',\n {2}\[cause\]: Error: deep\n/,
    )
  })

  it('shows what goes in circles, and headers', () => {
    const seen = logs(
      `const loop = { name: 'loop' }; loop.self = loop; console.log(loop, new Headers({ b: '1', a: '2' }))`,
    )
    assert.equal(seen[0]!.text, `{ name: 'loop', self: [Circular] } Headers { a: '2', b: '1' }`)
  })

  it('stays within bounds', () => {
    const seen = logs(`console.log('x'.repeat(1e6)); console.log(Array(1e6).fill('y'.repeat(100)));
      const wide = {}; for (let i = 0; i < 5000; i++) wide['key' + i] = i; console.log(wide)
      let deep = []; for (let i = 0; i < 1e5; i++) deep = [deep]; console.log(deep)`)
    for (const { text } of seen) assert.ok(text.length <= 40_000, `${text.length} units`)
    assert.match(seen[1]!.text, /… ?|more items/)
    assert.match(seen[2]!.text, /\.\.\. 4900 more items/)
  })

  it('shows the beginning of an array as large as the heap has room for', () => {
    const [line] = logs(`console.log(new Array(5e6).fill('x'))`)
    assert.match(line!.text, /4999900 more items/)
  })

  it('is a namespace', () => {
    const [line] = logs(`const prototype = Object.getPrototypeOf(console)
      const tag = Object.getOwnPropertyDescriptor(console, Symbol.toStringTag)
      console.log(JSON.stringify([String(console), Reflect.ownKeys(prototype), Object.getPrototypeOf(prototype) === Object.prototype,
        tag, console.assert.length, console.table.length, console.dir.length, console.dirxml.length]))`)
    const tag = { value: 'console', writable: false, enumerable: false, configurable: true }
    assert.deepEqual(JSON.parse(line!.text), ['[object console]', [], true, tag, 0, 0, 0, 0])
  })

  it('survives values that throw when they are looked at', () => {
    const seen = logs(
      `console.log(new Proxy({}, { ownKeys() { throw new Error('trap') } })); console.log('after')`,
    )
    assert.deepEqual(
      seen.map(({ text }) => text),
      ['[a value that cannot be shown]', 'after'],
    )
  })

  it('asserts, counts, times, groups and traces', () => {
    const seen = logs(`console.assert(true, 'no'); console.assert(false); console.assert(0, 'why %s', 'so')
      console.count(); console.count(); console.count('x'); console.countReset(); console.count()
      console.time('t'); console.timeLog('t', 'mid'); console.timeEnd('t'); console.timeEnd('t')
      console.group('outer'); console.log('a\\nb'); console.group(); console.log('deep'); console.groupEnd(); console.groupEnd(); console.log('back')
      console.dir({ a: 1 }); console.dirxml(1, 2); console.trace('here %d', 1); console.clear()`)
    assert.deepEqual(
      seen.slice(0, -1).map(({ text }) => text),
      [
        'Assertion failed',
        'Assertion failed: why so',
        'default: 1',
        'default: 2',
        'x: 1',
        'default: 1',
        't: 0.000ms mid',
        't: 0.000ms',
        'outer',
        '  a\n  b',
        '    deep',
        'back',
        '{ a: 1 }',
        '1 2',
      ],
    )
    assert.match(seen.at(-1)!.text, /^Trace: here 1\n {4}at /)
  })

  it('draws tables', () => {
    const [rows, values, none] = logs(
      `console.table([{ a: 1, b: 'x' }, { a: 2, c: true }]); console.table(['p', 'q']); console.table(5)`,
    )
    assert.equal(
      rows!.text,
      `┌─────────┬───┬─────┬──────┐
│ (index) │ a │ b   │ c    │
├─────────┼───┼─────┼──────┤
│ 0       │ 1 │ 'x' │      │
│ 1       │ 2 │     │ true │
└─────────┴───┴─────┴──────┘`,
    )
    assert.match(values!.text, /│ 1 {7}│ 'q' {4}│/)
    assert.equal(none!.text, '5')
  })
})
