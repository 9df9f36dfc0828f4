import { Hono } from 'hono'

interface Book {
  id: number
  title: string
}

const app = new Hono<{ Bindings: { SHELF: string } }>().basePath('/api')

// Lives as long as the instance: each instance has its own shelf, and an evicted one forgets it.
const books = new Map<number, Book>([[1, { id: 1, title: 'A Pattern Language' }]])

app.get('/books', (c) => c.json({ shelf: c.env.SHELF, books: [...books.values()] }))

app.get('/books/:id', (c) => {
  const book = books.get(Number(c.req.param('id')))
  return book === undefined ? c.json({ error: 'no such book' }, 404) : c.json(book)
})

app.post('/books', async (c) => {
  const { title } = await c.req.json<{ title?: unknown }>()
  if (typeof title !== 'string' || title === '') return c.json({ error: 'title must be a text' }, 400)
  const book = { id: books.size + 1, title }
  books.set(book.id, book)
  return c.json(book, 201)
})

export default app
