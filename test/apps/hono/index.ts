/** Hono with the middleware that most of its applications take along. */
import { Hono } from 'hono'
import { basicAuth } from 'hono/basic-auth'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { deleteCookie, getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { csrf } from 'hono/csrf'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { jwt, sign } from 'hono/jwt'
import { logger } from 'hono/logger'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { timeout } from 'hono/timeout'
import { timing } from 'hono/timing'
import { validator } from 'hono/validator'
import { streams } from './streams.ts'

type Env = { Bindings: { JWT_SECRET: string } }

const app = new Hono<Env>().basePath('/hono')

app.use(logger())
app.use(requestId())

app.get('/', (c) => c.text('home'))
app.get('/items/:id{[0-9]+}', (c) => c.json({ id: c.req.param('id'), tags: c.req.queries('tag') ?? [] }))
app.get('/redirect', (c) => c.redirect('/hono/items/1', 303))
app.get('/html', (c) => c.html('<h1>Grüße</h1>'))
app.post('/echo', async (c) =>
  c.body(await c.req.arrayBuffer(), 201, { 'x-kind': c.req.header('content-type') ?? '' }),
)

app.use(
  '/cors/*',
  cors({ origin: ['https://app.example'], allowMethods: ['GET', 'PUT'], credentials: true, maxAge: 600 }),
)
app.get('/cors/data', (c) => c.json({ ok: true }))

app.use('/secure/*', secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"] } }))
app.get('/secure/page', (c) => c.text('safe'))

app.use('/basic/*', basicAuth({ username: 'ada', password: 'lovelace', realm: 'engine' }))
app.get('/basic/hello', (c) => c.text('welcome'))

app.post('/token', async (c) =>
  c.json({ token: await sign({ sub: 'ada', exp: 4_000_000_000 }, c.env.JWT_SECRET, 'HS256') }),
)
app.use('/jwt/*', (c, next) => jwt({ secret: c.env.JWT_SECRET, alg: 'HS256' })(c, next))
app.get('/jwt/me', (c) => c.json(c.get('jwtPayload')))

app.use('/etag/*', etag())
app.get('/etag/page', (c) => c.text('the same each time'))
app.get('/etag/:name', (c) => c.text(c.req.param('name')))

app.use('/compress/*', compress())
app.get('/compress/long', (c) => c.text('isolette '.repeat(2000)))
app.get('/compress/image', (c) => c.body('not text '.repeat(2000), 200, { 'content-type': 'image/png' }))
app.get('/compress/short', (c) =>
  c.body('short', 200, { 'content-type': 'text/plain', 'content-length': '5' }),
)

app.post(
  '/books',
  validator('json', (value: { title?: unknown }, c) =>
    typeof value.title === 'string' ? { title: value.title } : c.json({ error: 'title must be a text' }, 422),
  ),
  (c) => c.json(c.req.valid('json'), 201),
)
app.post(
  '/upload',
  validator('form', (value) => value),
  async (c) => {
    const { name, file } = c.req.valid('form') as { name: string; file: File }
    return c.json({ name, file: file.name, type: file.type, text: await file.text() })
  },
)

app.post('/csrf', csrf({ origin: 'https://app.example' }), (c) => c.text('done'))
app.post('/limited', bodyLimit({ maxSize: 10, onError: (c) => c.text('too much', 413) }), async (c) =>
  c.text(await c.req.text()),
)
app.get('/slow', timeout(20), async (c) => {
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  return c.text('never')
})
app.get('/timing', timing(), (c) => c.text('timed'))

app.get('/cookies/set', async (c) => {
  setCookie(c, 'plain', 'a b', { path: '/', httpOnly: true, maxAge: 60 })
  await setSignedCookie(c, 'signed', 'value', c.env.JWT_SECRET)
  deleteCookie(c, 'old')
  return c.body(null, 204)
})
app.get('/cookies', async (c) =>
  c.json({ plain: getCookie(c, 'plain'), signed: await getSignedCookie(c, c.env.JWT_SECRET, 'signed') }),
)

app.route('/stream', streams)

app.get('/teapot', () => {
  throw new HTTPException(418, { message: 'short and stout' })
})
app.get('/broken', () => {
  throw new Error('out of order')
})
app.onError((error, c) =>
  error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 500),
)
app.notFound((c) => c.json({ missing: c.req.path }, 404))

export default app
