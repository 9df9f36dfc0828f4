/** Answers that are written bit by bit. */
import { Hono } from 'hono'
import { stream, streamSSE, streamText } from 'hono/streaming'

export const streams = new Hono()

/** A frame is sent when the client has asked for it: see `/go`. */
const waiting = new Map<string, () => void>()

streams.get('/events/:id', (c) =>
  streamSSE(c, async (events) => {
    for (const step of ['one', 'two', 'three']) {
      await events.writeSSE({ event: 'step', id: step, data: `line of ${step}\nand another` })
      await new Promise<void>((resolve) => waiting.set(c.req.param('id'), resolve))
    }
  }),
)
streams.post('/go/:id', (c) => {
  waiting.get(c.req.param('id'))?.()
  return c.body(null, 204)
})

streams.get('/bytes', (c) =>
  stream(c, async (body) => {
    for (let index = 0; index < 4; index++) await body.write(new Uint8Array([index, 255 - index]))
    await body.pipe(new Blob(['tail']).stream())
  }),
)

streams.get('/text', (c) =>
  streamText(c, async (text) => {
    for (const word of ['slow', 'and', 'steady']) {
      await text.writeln(word)
      await text.sleep(2)
    }
  }),
)

let lastAborted = ''

streams.get('/endless/:id', (c) =>
  stream(c, async (body) => {
    body.onAbort(() => {
      lastAborted = c.req.param('id')
    })
    while (!body.aborted) {
      await body.write('tick\n')
      await body.sleep(5)
    }
  }),
)
streams.get('/aborted', (c) => c.text(lastAborted))
