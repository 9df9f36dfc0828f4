import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { gunzipSync, inflateSync } from 'node:zlib'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('hono')
})
after(() => app[Symbol.asyncDispose]())

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  app.call(`/hono${path}`, { headers })

it('Hono answers texts, JSON, HTML, bytes and redirects', async () => {
  const home = await get('')
  assert.deepEqual([home.status, home.text], [200, 'home'])
  assert.match(home.headers['content-type']!, /^text\/plain/)
  const item = await get('/items/7?tag=a&tag=b%20c')
  assert.deepEqual(JSON.parse(item.text), { id: '7', tags: ['a', 'b c'] })
  const html = await get('/html')
  assert.deepEqual([html.headers['content-type'], html.text], ['text/html; charset=UTF-8', '<h1>Grüße</h1>'])
  const redirect = await get('/redirect')
  assert.deepEqual([redirect.status, redirect.headers.location], [303, '/hono/items/1'])
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  const headers = { 'content-type': 'application/octet-stream' }
  const echo = await app.call('/hono/echo', { method: 'POST', headers, body: bytes })
  assert.deepEqual([echo.status, echo.headers['x-kind']], [201, 'application/octet-stream'])
  assert.deepEqual(new Uint8Array(echo.bytes), bytes)
})

it('Hono tells what is not there, what failed, and what it was told to refuse', async () => {
  const missing = await get('/items/seven')
  assert.deepEqual([missing.status, missing.text], [404, '{"missing":"/hono/items/seven"}'])
  const broken = await get('/broken')
  assert.deepEqual([broken.status, broken.text], [500, '{"error":"out of order"}'])
  const teapot = await get('/teapot')
  assert.deepEqual([teapot.status, teapot.text], [418, 'short and stout'])
})

it('hono/logger writes each request to the invocation’s log, hono/request-id names it', async () => {
  const { headers } = await get('/items/5')
  assert.match(headers['x-request-id']!, /^[0-9a-f-]{36}$/)
  assert.equal((await get('', { 'x-request-id': 'mine' })).headers['x-request-id'], 'mine')
  const { stdout } = await app.server.cli('logs')
  assert.match(stdout, /<-- GET \/hono\/items\/5/)
  assert.match(stdout, /--> GET \/hono\/items\/5 .*200/)
})

it('hono/cors answers a preflight and marks what it sends to the allowed origin only', async () => {
  const preflight = await app.call('/hono/cors/data', {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-headers': 'x-a,x-b' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers['access-control-allow-methods'], 'GET,PUT')
  assert.equal(preflight.headers['access-control-allow-headers'], 'x-a,x-b')
  assert.equal(preflight.headers['access-control-max-age'], '600')
  const { headers } = await get('/cors/data', { origin: 'https://app.example' })
  assert.equal(headers['access-control-allow-origin'], 'https://app.example')
  assert.equal(headers['access-control-allow-credentials'], 'true')
  const other = await get('/cors/data', { origin: 'https://evil.example' })
  assert.equal(other.headers['access-control-allow-origin'], undefined)
})

it('hono/secure-headers adds its headers', async () => {
  const { headers } = await get('/secure/page')
  assert.equal(headers['content-security-policy'], "default-src 'self'")
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['x-frame-options'], 'SAMEORIGIN')
  assert.match(headers['strict-transport-security']!, /^max-age=/)
})

it('hono/basic-auth lets in who knows the password', async () => {
  const refused = await get('/basic/hello')
  assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Basic realm="engine"'])
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
  assert.equal((await get('/basic/hello', basic('ada:byron'))).status, 401)
  assert.equal((await get('/basic/hello', basic('ada:lovelace'))).text, 'welcome')
})

it('hono/jwt takes what it signed, and nothing else', async () => {
  const { text } = await app.call('/hono/token', { method: 'POST' })
  const { token } = JSON.parse(text)
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` })
  const me = await get('/jwt/me', bearer(token))
  assert.deepEqual([me.status, JSON.parse(me.text)], [200, { sub: 'ada', exp: 4_000_000_000 }])
  const [head, , signature] = token.split('.')
  const forged = `${head}.${Buffer.from('{"sub":"root"}').toString('base64url')}.${signature}`
  for (const headers of [{}, bearer(forged), bearer('nonsense')]) {
    const refused = await get('/jwt/me', headers)
    assert.equal(refused.status, 401)
    assert.match(
      refused.headers['www-authenticate']!,
      /^Bearer realm="[^"]*",error="invalid_(token|request)"/,
    )
  }
})

it('hono/etag gives equal answers equal tags, and 304 to who has one', async () => {
  const first = await get('/etag/page')
  assert.equal(first.text, 'the same each time')
  // SHA-1 of the text.
  assert.equal(first.headers.etag, '"04406e50eaf3f2eb722e53adc49472af1fa95eb5"')
  const again = await get('/etag/page', { 'if-none-match': first.headers.etag! })
  assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', first.headers.etag])
  const other = await get('/etag/other', { 'if-none-match': first.headers.etag! })
  assert.deepEqual([other.status, other.text], [200, 'other'])
})

it('hono/compress compresses what is long and text, for who can read it', async () => {
  const text = 'isolette '.repeat(2000)
  const gzip = await get('/compress/long', { 'accept-encoding': 'gzip, deflate' })
  assert.equal(gzip.headers['content-encoding'], 'gzip')
  assert.ok(gzip.bytes.byteLength < 1000, `${gzip.bytes.byteLength} bytes`)
  assert.equal(gunzipSync(gzip.bytes).toString(), text)
  const deflate = await get('/compress/long', { 'accept-encoding': 'deflate' })
  assert.equal(inflateSync(deflate.bytes).toString(), text)
  const plain = await get('/compress/long')
  assert.deepEqual([plain.headers['content-encoding'], plain.text], [undefined, text])
  for (const path of ['/compress/image', '/compress/short']) {
    const { headers } = await get(path, { 'accept-encoding': 'gzip' })
    assert.equal(headers['content-encoding'], undefined, path)
  }
})

it('hono/validator takes what is valid, JSON and forms with files', async () => {
  assert.deepEqual(await app.post('/hono/books', { title: 'Notes' }), {
    status: 201,
    body: { title: 'Notes' },
  })
  const invalid = await app.post('/hono/books', { title: 7 })
  assert.deepEqual(invalid, { status: 422, body: { error: 'title must be a text' } })
  const broken = await app.call('/hono/books', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"title"',
  })
  assert.equal(broken.status, 400)
  const form = new FormData()
  form.set('name', 'Ada')
  form.set('file', new File(['über'], 'notes.txt', { type: 'text/plain' }))
  const upload = await app.open('/hono/upload', { method: 'POST', body: form })
  assert.deepEqual(await upload.json(), { name: 'Ada', file: 'notes.txt', type: 'text/plain', text: 'über' })
})

it('hono/csrf, hono/body-limit and hono/timeout refuse', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const post = (path: string, body: string, headers = {}) =>
    app.call(`/hono${path}`, { method: 'POST', headers: { ...form, ...headers }, body })
  assert.equal((await post('/csrf', 'a=1', { origin: 'https://evil.example' })).status, 403)
  assert.equal((await post('/csrf', 'a=1', { origin: 'https://app.example' })).text, 'done')
  assert.deepEqual(
    [(await post('/limited', 'x'.repeat(10))).text, (await post('/limited', 'x'.repeat(11))).status],
    ['x'.repeat(10), 413],
  )
  assert.equal((await get('/slow')).status, 504)
  assert.match((await get('/timing')).headers['server-timing'] as string, /total;dur=[0-9.]+/)
})

it('hono/cookie writes, signs, reads and deletes cookies', async () => {
  const { status, headers } = await get('/cookies/set')
  assert.equal(status, 204)
  const [plain, signed, old] = headers['set-cookie']!
  assert.equal(plain, 'plain=a%20b; Max-Age=60; Path=/; HttpOnly')
  assert.match(signed!, /^signed=value\.[A-Za-z0-9%]{44,};/)
  assert.match(old!, /^old=; Max-Age=0/)
  const cookie = [plain, signed].map((line) => line!.split(';')[0]).join('; ')
  assert.deepEqual(JSON.parse((await get('/cookies', { cookie })).text), { plain: 'a b', signed: 'value' })
  const forged = cookie.replace('signed=value', 'signed=other')
  assert.deepEqual(JSON.parse((await get('/cookies', { cookie: forged })).text), {
    plain: 'a b',
    signed: false,
  })
})
