import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('html')
})
after(() => app[Symbol.asyncDispose]())

const page = `<!doctype html><html><head><title>Prices &amp; more</title><script>steal()</script></head>
  <body><a href="http://a.example/?q=1">a</a><a href="/local">b</a>
  <table><tr><td> 1 </td><td>zwölf</td></tr><tr><td>2</td><td>€</td></tr></table></body></html>`

async function read(path: string) {
  const { status, text } = await app.call(path, {
    method: 'POST',
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: page,
  })
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

it('cheerio reads and rewrites a page', async () => {
  const found = await read('/html/cheerio')
  assert.equal(found.title, 'Prices & more')
  assert.deepEqual(found.links, ['https://a.example/?q=1', '/local'])
  assert.deepEqual(found.rows, [
    ['1', 'zwölf'],
    ['2', '€'],
  ])
  assert.match(found.body, /^<a href="https:\/\/a\.example\/\?q=1" class="safe">a<\/a>/)
  assert.doesNotMatch(found.body, /steal/)
})

it('linkedom has a document, events and custom elements', async () => {
  assert.deepEqual(await read('/html/linkedom'), {
    title: 'Prices & more',
    links: ['http://a.example/?q=1', '/local'],
    badge: '<my-badge label="new">badge new</my-badge>',
    clicks: 1,
    xml: '1',
  })
})
