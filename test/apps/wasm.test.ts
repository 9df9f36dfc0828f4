import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('wasm')
})
after(() => app[Symbol.asyncDispose]())

it('a .wasm import is a module, whose instances import, export and trap', async () => {
  const { status, text } = await app.call('/wasm/sum', { method: 'POST', body: new Uint8Array([1, 2, 253]) })
  assert.equal(status, 200, text)
  assert.deepEqual(JSON.parse(text), { total: 256, reported: [256], trapped: 'RuntimeError', isModule: true })
})

it('a package for Workers brings its WebAssembly along', async () => {
  const { status, text } = await app.call('/wasm/png')
  assert.equal(status, 200, text)
  assert.deepEqual(JSON.parse(text), {
    signature: [...Buffer.from('PNG')],
    width: 2,
    height: 1,
    pixels: [255, 0, 0, 255, 0, 128, 0, 64],
  })
})
