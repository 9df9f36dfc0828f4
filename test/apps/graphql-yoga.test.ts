import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('graphql-yoga')
})
after(() => app[Symbol.asyncDispose]())

const query = (text: string, variables = {}) => app.post('/graphql', { query: text, variables })

it('graphql-yoga resolves nested fields with variables', async () => {
  const { status, body } = await query(
    'query ($id: ID!) { book(id: $id) { title author { name books { id } } } }',
    { id: '1' },
  )
  assert.equal(status, 200)
  const author = { name: 'alexander', books: [{ id: '1' }, { id: '2' }] }
  assert.deepEqual(body, { data: { book: { title: 'A Pattern Language', author } } })
})

it('graphql-yoga takes queries by GET, and shows the request to resolvers', async () => {
  const { status, headers, text } = await app.call(`/graphql?query=${encodeURIComponent('{ agent }')}`, {
    headers: { 'user-agent': 'tester', accept: 'application/graphql-response+json' },
  })
  assert.equal(status, 200)
  assert.match(headers['content-type']!, /^application\/graphql-response\+json/)
  assert.deepEqual(JSON.parse(text), { data: { agent: 'tester' } })
})

it('graphql-yoga changes what is there, and not by GET', async () => {
  const mutation = 'mutation { addBook(title: "Notes", author: "lovelace") { id author { name } } }'
  const refused = await app.call(`/graphql?query=${encodeURIComponent(mutation)}`)
  assert.equal(refused.status, 405)
  const added = await query(mutation)
  assert.deepEqual(added.body, { data: { addBook: { id: '3', author: { name: 'lovelace' } } } })
  assert.equal((await query('{ books { id } }')).body.data.books.length, 3)
})

it('graphql-yoga tells an error that is meant for the client, and hides others', async () => {
  const { body } = await query('{ secret broken }')
  assert.deepEqual(body.data, { secret: null, broken: null })
  const [secret, broken] = body.errors
  assert.equal(secret.message, 'not for you')
  assert.deepEqual([secret.path, secret.extensions.code], [['secret'], 'FORBIDDEN'])
  assert.equal(broken.message, 'Unexpected error.')
})

it('graphql-yoga refuses what is no query of the schema', async () => {
  const invalid = await query('{ nothing }')
  assert.match(invalid.body.errors[0].message, /Cannot query field "nothing" on type "Query"/)
  assert.deepEqual(invalid.body.errors[0].locations, [{ line: 1, column: 3 }])
  const syntax = await query('{ books ')
  assert.match(syntax.body.errors[0].message, /^Syntax Error/)
  assert.equal((await app.call('/graphql', { method: 'DELETE' })).status, 405)
})

it('graphql-yoga sends the results of a subscription as server-sent events', async () => {
  const { status, headers, text } = await app.call(
    `/graphql?query=${encodeURIComponent('subscription { countdown(from: 2) }')}`,
    { headers: { accept: 'text/event-stream' } },
  )
  assert.equal(status, 200)
  assert.match(headers['content-type']!, /^text\/event-stream/)
  const counts = [...text.matchAll(/"countdown":(\d)/g)].map(([, count]) => count)
  assert.deepEqual(counts, ['2', '1', '0'])
  assert.match(text, /event: complete/)
})
