import assert from 'node:assert/strict'
import { test } from 'node:test'
import { computeVersionId, type VersionContent } from '../../runtime/model/version-id.ts'

const limits = {
  cpuMs: 50,
  timeoutMs: 30_000,
  memoryMiB: 128,
  maxRequestBodyBytes: 10_485_760,
  streamIdleMs: 60_000,
  subrequests: 50,
}
const content: VersionContent = {
  bundle: 'b'.repeat(64),
  handlerKind: 'fetch',
  limits,
  env: { A: '1', b: '2', Z: '3' },
  layers: ['one:1', 'two:2'],
}

test('computeVersionId() does not depend on the order of keys', () => {
  const reversed = {
    ...content,
    env: { Z: '3', b: '2', A: '1' },
    limits: Object.fromEntries(Object.entries(limits).reverse()) as unknown as VersionContent['limits'],
  }
  assert.equal(computeVersionId(reversed), computeVersionId(content))
  assert.match(computeVersionId(content), /^[0-9a-f]{64}$/)
})

test('computeVersionId() does not change between releases, or every deployment would look new', () => {
  assert.equal(
    computeVersionId({ ...content, unsafe: { wasm: false }, bindings: {} }),
    computeVersionId(content),
  )
  assert.equal(computeVersionId(content), 'ee6e97239b2d684f4dd732f074a539cb8ca53f0b1f2fabc13f2a887d0078c087')
})

const changes: [string, Partial<VersionContent>][] = [
  ['the bundle', { bundle: 'c'.repeat(64) }],
  ['the kind of handler', { handlerKind: 'handler' }],
  ['being allowed WebAssembly', { unsafe: { wasm: true } }],
  ['a limit', { limits: { ...limits, cpuMs: 51 } }],
  ['a value of env', { env: { ...content.env, A: '2' } }],
  ['a name in env', { env: { A: '1', b: '2', ZZ: '3' } }],
  ['text that only moved between name and value of env', { env: { A1: '', b: '2', Z: '3' } }],
  ['the order of layers', { layers: ['two:2', 'one:1'] }],
  ['a layer', { layers: ['one:1'] }],
  ['a binding', { bindings: { MAIL: 'mail' } }],
]

for (const [what, change] of changes) {
  test(`computeVersionId() depends on ${what}`, () => {
    assert.notEqual(computeVersionId({ ...content, ...change }), computeVersionId(content))
  })
}
