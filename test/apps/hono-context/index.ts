/** Hono's context storage: handlers reach their request's context from anywhere below, without being handed it. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Hono } from 'hono'
import { contextStorage, getContext, tryGetContext } from 'hono/context-storage'
import { streamText } from 'hono/streaming'

type Env = { Variables: { user: string } }

const app = new Hono<Env>().basePath('/hono-context')
const depth = new AsyncLocalStorage<number>()

const user = () => getContext<Env>().var.user

async function userAfter(delayMs: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  return user()
}

app.get('/outside', (c) => c.json({ context: tryGetContext() === undefined ? 'none' : 'some' }))

app.use(contextStorage())
app.use(async (c, next) => {
  c.set('user', c.req.header('x-user') ?? 'nobody')
  await next()
})

/** The same user wherever it is asked: after timers, in parallel branches, in a stream's pull, in a microtask. */
app.get('/everywhere', async (c) => {
  const parallel = await Promise.all([userAfter(3), userAfter(1), Promise.resolve().then(user)])
  const raced = await Promise.race([userAfter(1), userAfter(50)])
  const queued = await new Promise<string>((resolve) => queueMicrotask(() => resolve(user())))
  const generated: string[] = []
  for await (const one of users(3)) generated.push(one)
  return c.json({ parallel, raced, queued, generated })
})

async function* users(count: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index++) {
    await null
    yield user()
  }
}

/** The handler has returned its response by then, and writes on. */
app.get('/stream', (c) =>
  streamText(c, async (text) => {
    for (let index = 0; index < 3; index++) {
      await text.writeln(user())
      await text.sleep(1)
    }
  }),
)

/** Each branch keeps its own store; what is inside does not leak out. */
app.get('/nested', async (c) => {
  const seen: (number | undefined)[] = []
  const branch = (store: number) =>
    depth.run(store, async () => {
      await userAfter(3 - store)
      const inner = await depth.run(store * 10, async () => {
        await null
        return depth.getStore()
      })
      const left = depth.exit(() => depth.getStore())
      return [depth.getStore(), inner, left, user()]
    })
  seen.push(depth.getStore())
  const branches = await Promise.all([branch(1), branch(2)])
  seen.push(depth.getStore())
  return c.json({ branches, outside: seen.map((store) => store ?? null) })
})

export default app
