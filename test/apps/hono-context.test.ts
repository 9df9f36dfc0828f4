import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('hono-context')
})
after(() => app[Symbol.asyncDispose]())

const ask = async (path: string, user: string) =>
  JSON.parse((await app.call(`/hono-context${path}`, { headers: { 'x-user': user } })).text)

it('context storage holds the context of the request, and nothing outside it', async () => {
  assert.deepEqual(await ask('/outside', 'ada'), { context: 'none' })
  const name = 'ada'
  assert.deepEqual(await ask('/everywhere', name), {
    parallel: [name, name, name],
    raced: name,
    queued: name,
    generated: [name, name, name],
  })
})

it('requests that run at once in one instance keep their own contexts', async () => {
  const users = Array.from({ length: 24 }, (_, index) => `user-${index}`)
  const answers = await Promise.all(users.map((user) => ask('/everywhere', user)))
  for (const [index, { parallel, raced, queued, generated }] of answers.entries()) {
    assert.deepEqual(new Set([...parallel, raced, queued, ...generated]), new Set([users[index]]))
  }
})

it('nested runs and parallel branches keep their own stores', async () => {
  assert.deepEqual(await ask('/nested', 'ada'), {
    branches: [
      [1, 10, null, 'ada'],
      [2, 20, null, 'ada'],
    ],
    outside: [null, null],
  })
})

it('a response that is still being written keeps the context of its request', async () => {
  const stream = (user: string) => app.call('/hono-context/stream', { headers: { 'x-user': user } })
  const answers = await Promise.all(['ada', 'bob', 'eve'].map(stream))
  assert.deepEqual(
    answers.map(({ text }) => text),
    ['ada\nada\nada\n', 'bob\nbob\nbob\n', 'eve\neve\neve\n'],
  )
})
