/** Thirty routes as an API has them: ten fixed ones, fifteen with parameters, five that echo a JSON body. */
import { Hono } from 'hono'

const app = new Hono()

for (const name of ['users', 'orders', 'items', 'carts', 'invoices']) {
  app.get(`/${name}`, (c) => c.json({ name, items: [] }))
  app.get(`/${name}/stats`, (c) => c.text(`statistics of ${name}`))
  app.get(`/${name}/:id`, (c) => c.json({ name, id: c.req.param('id') }))
  app.get(`/${name}/:id/parts`, (c) => c.json({ id: c.req.param('id'), page: c.req.query('page') ?? '1' }))
  app.get(`/${name}/:id/parts/:part`, (c) => c.json(c.req.param()))
  app.post(`/${name}`, async (c) => c.json(await c.req.json(), 201))
}

export default app
