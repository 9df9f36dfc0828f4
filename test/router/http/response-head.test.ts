import assert from 'node:assert/strict'
import { it } from 'node:test'
import { declaredLength, FunctionHeads } from '../../../router/http/response-head.ts'

it('composes the head of each response from its own status, headers and id', () => {
  const heads = new FunctionHeads('hello:3')
  const plain = ['content-type', 'text/plain']
  const own = 'x-isolette-executed-version: hello:3\r\nx-isolette-invocation-id:'
  for (let time = 0; time < 2; time++) {
    assert.equal(heads.compose(200, plain, 'i1'), `200 OK\r\ncontent-type: text/plain\r\n${own} i1`)
    assert.equal(heads.compose(200, plain, 'i2'), `200 OK\r\ncontent-type: text/plain\r\n${own} i2`)
    assert.equal(heads.compose(404, plain, 'i3'), `404 Not Found\r\ncontent-type: text/plain\r\n${own} i3`)
    assert.equal(heads.compose(404, [], 'i4'), `404 Not Found\r\n${own} i4`)
    assert.equal(heads.compose(404, ['a', '1', 'a', '2'], 'i5'), `404 Not Found\r\na: 1\r\na: 2\r\n${own} i5`)
  }
})

it('composes more kinds of heads than it keeps', () => {
  const heads = new FunctionHeads('hello:3')
  const kinds = Array.from({ length: 40 }, (_, index) => ['x-kind', `${index}`.repeat(50 * index)])
  for (let time = 0; time < 2; time++) {
    for (const [index, headers] of kinds.entries()) {
      const head = heads.compose(200, headers, `i${index}`)
      assert.ok(String(head).startsWith(`200 OK\r\nx-kind: ${headers[1]}\r\n`))
      assert.ok(String(head).endsWith(`x-isolette-invocation-id: i${index}`))
    }
  }
})

it('writes one byte for each character of a header value', () => {
  const head = new FunctionHeads('hello:3').compose(200, ['a', '\xe9\xff'], 'i1')
  assert.ok(head instanceof Uint8Array)
  assert.ok(Buffer.from(head).includes(Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0xff, 0x0d])))
})

it('says on failure what a function may not say', () => {
  const head = new FunctionHeads('hello:3').composeFailure(500, ['x-isolette-outcome', 'exception'], 'i1')
  assert.equal(
    head,
    '500 Internal Server Error\r\nx-isolette-outcome: exception\r\nx-isolette-executed-version: hello:3\r\nx-isolette-invocation-id: i1',
  )
})

for (const [value, length] of [
  ['0', 0],
  ['123', 123],
  ['-1', undefined],
  ['1e3', undefined],
  ['', undefined],
] as const) {
  it(`declaredLength() of "${value}" is ${length}`, () => {
    assert.equal(declaredLength(['x', '7', 'content-length', value]), length)
  })
}
