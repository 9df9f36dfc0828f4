import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { bundleFunction } from '../../runtime/registry/bundling/bundle.ts'
import { root } from '../e2e/server-fixture.ts'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('react')
})
after(() => app[Symbol.asyncDispose]())

it('React comes in its build for edge runtimes', async () => {
  const folder = join(root, 'test', 'apps', 'react')
  const { code } = await bundleFunction({ folder, main: 'index.tsx', usesTsconfig: true })
  assert.match(code, /\/\/ node_modules\/react-dom\/cjs\/react-dom-server\.edge\.production\.js/)
  assert.doesNotMatch(code, /react-dom-server\.(node|browser|bun)|development\.js/)
})

it('React renders to a string', async () => {
  const { status, text } = await app.call('/react/string')
  assert.equal(status, 200)
  assert.match(text, /^<p id="[^"]+" class="greeting" style="color:red">Hello <!-- -->Ada<!-- -->, <!-- -->3/)
})

it('React renders to a stream, escaped, with the scripts of the client', async () => {
  const { status, headers, text } = await app.call('/react/simple')
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.match(text, /^<!DOCTYPE html><html lang="en"><head>.*<title>isolette<\/title>/)
  assert.match(text, /Hello <!-- -->&lt;Ada&gt;<!-- -->, <!-- -->3<!-- --> times &amp; more/)
  assert.match(text, /<script type="module" src="\/client\.js"[^>]*><\/script>/)
  assert.match(text, /<\/body><\/html>$/)
})

it('React sends the shell while a promise is pending, and what it waited for behind it', async () => {
  const response = await app.open('/react/suspense')
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const readUntil = async (part: string) => {
    while (!text.includes(part)) {
      const { done, value } = await reader.read()
      assert.ok(!done, `the body ended before ${part}:\n${text}`)
      text += value
    }
  }
  await readUntil('asking …')
  assert.doesNotMatch(text, /42/)
  assert.equal((await app.call('/react/price')).status, 204)
  await readUntil('</html>')
  assert.match(text, /<div hidden id="S:0"><b>42<!-- --> €<\/b><\/div>/)
})

it('React rejects when the shell cannot be rendered', async () => {
  const { status, text } = await app.call('/react/broken')
  assert.deepEqual([status, text], [500, '<p>cannot render</p>'])
})
