import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { LineStream } from '../../runtime/admin/line-stream.ts'
import { recordOf } from './memory-fleet.ts'
import { RunningAdminServer } from './running-admin-server.ts'

async function open(admin: RunningAdminServer, path: string): Promise<IncomingMessage> {
  const call = request({ socketPath: admin.socketPath, path, agent: false }).end()
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  return response
}

async function readIds(response: IncomingMessage, count: number): Promise<string[]> {
  const ids: string[] = []
  for await (const line of createInterface({ input: response })) {
    ids.push(JSON.parse(line).id)
    if (ids.length === count) break
  }
  return ids
}

describe('GET /v1/logs', () => {
  it('answers the recent records and ends', async () => {
    await using admin = await RunningAdminServer.start()
    admin.fleet.records = [recordOf('a'), recordOf('b', { function: 'other' }), recordOf('c')]
    const all = await admin.ask('GET', '/v1/logs')
    assert.equal(all.headers['content-type'], 'application/x-ndjson')
    assert.deepEqual(
      all.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
      ['a', 'b', 'c'],
    )
    const some = await admin.ask('GET', '/v1/logs?function=hello')
    assert.equal(some.text.trim().split('\n').length, 2)
    assert.equal(admin.fleet.followers.size, 0)
  })

  it('follows with recent ones first, of one function only, until the client leaves', async () => {
    await using admin = await RunningAdminServer.start()
    admin.fleet.records = [recordOf('a')]
    const response = await open(admin, '/v1/logs?follow=true&function=hello')
    admin.fleet.emit(recordOf('x', { function: 'other' }))
    admin.fleet.emit(recordOf('b'))
    assert.deepEqual(await readIds(response, 2), ['a', 'b'])
    const [follower] = admin.fleet.followers
    assert.ok(follower)
    response.destroy()
    // The server hears of it before it hears of a later connection being closed.
    while (admin.fleet.followers.size > 0) await admin.ask('GET', '/healthz')
  })

  it('ends the streams when the server closes', async () => {
    await using admin = await RunningAdminServer.start()
    const response = await open(admin, '/v1/logs?follow=true')
    response.resume()
    await Promise.all([once(response, 'end'), admin.server.close()])
    assert.equal(admin.fleet.followers.size, 0)
  })
})

describe('LineStream', () => {
  it('counts what a slow reader misses and says so at its place', async () => {
    const out = new PassThrough({ writableHighWaterMark: 1, readableHighWaterMark: 1 })
    const stream = new LineStream(out, { maxPending: 2 })
    for (let number = 1; number <= 9; number += 1) stream.push(number)
    const lines = createInterface({ input: out })[Symbol.asyncIterator]()
    const next = async () => JSON.parse((await lines.next()).value!)
    const seen = [await next(), await next(), await next(), await next()]
    const dropped = seen.at(-1).dropped
    assert.deepEqual(seen, [1, 2, 3, { dropped }])
    assert.equal(dropped, 6)
    stream.push(10)
    assert.equal(await next(), 10)
    stream.end()
    assert.equal((await lines.next()).done, true)
  })
})
