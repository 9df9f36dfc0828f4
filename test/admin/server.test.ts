import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { adminCommands } from '../../runtime/admin/commands.ts'
import { RunningAdminServer } from './running-admin-server.ts'

/** Each must be refused with exactly this, and change nothing. */
const refusals: readonly {
  readonly what: string
  readonly ask: [method: string, path: string, body?: string]
  readonly status: number
  readonly code: string
  readonly message: RegExp
}[] = [
  {
    what: 'an unknown path',
    ask: ['GET', '/v1/nothing'],
    status: 404,
    code: 'not_found',
    message: /\/v1\/nothing/,
  },
  {
    what: 'a path that goes on',
    ask: ['GET', '/v1/functions/a/b/c/d/e'],
    status: 404,
    code: 'not_found',
    message: /must be a path/,
  },
  {
    what: 'a trailing slash',
    ask: ['GET', '/v1/functions/'],
    status: 400,
    code: 'bad_name',
    message: /""/,
  },
  {
    what: 'a name that may not be one',
    ask: ['GET', '/v1/functions/Hello'],
    status: 400,
    code: 'bad_name',
    message: /"Hello".*must match/,
  },
  {
    what: 'a name with an encoded slash',
    ask: ['GET', '/v1/functions/..%2F..%2Fetc'],
    status: 400,
    code: 'bad_name',
    message: /"\.\.\/\.\.\/etc"/,
  },
  {
    what: 'a path that is not percent-encoded UTF-8',
    ask: ['GET', '/v1/functions/%ff'],
    status: 400,
    code: 'bad_request',
    message: /%ff.*must be percent-encoded/,
  },
  {
    what: 'a name that every object has',
    ask: ['GET', '/v1/functions/constructor'],
    status: 404,
    code: 'function_not_found',
    message: /"constructor"/,
  },
  {
    what: 'JSON without a value',
    ask: ['PUT', '/v1/functions/hello/aliases/live', '{"weights":{"3":}}'],
    status: 400,
    code: 'bad_request',
    message: /weights\.3: value expected at line 1, column 17/,
  },
  {
    what: 'JSON that ends early',
    ask: ['POST', '/v1/deployments', '{\n  "path": "/a",\n  "name": "x'],
    status: 400,
    code: 'bad_request',
    message: /name: unexpected end of string at line 3/,
  },
  {
    what: 'JSON with a comment',
    ask: ['POST', '/v1/deployments', '{"path":"/a" /* b */}'],
    status: 400,
    code: 'bad_request',
    message: /as JSON: .*line 1, column 14/,
  },
  {
    what: 'JSON that nests without end',
    ask: ['POST', '/v1/deployments', '['.repeat(200_000)],
    status: 400,
    code: 'bad_request',
    message: /as JSON: /,
  },
  {
    what: 'an event that nests deeper than it could be written again',
    ask: [
      'POST',
      '/v1/functions/hello/invocations',
      `{"event":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ],
    status: 400,
    code: 'bad_request',
    message: /nests too deep/,
  },
  {
    what: 'a body that is not UTF-8',
    ask: ['POST', '/v1/deployments', 'latin1:{"path":"/\xff"}'],
    status: 400,
    code: 'bad_request',
    message: /not UTF-8/,
  },
  {
    what: 'a body that is no object',
    ask: ['POST', '/v1/deployments', '[]'],
    status: 400,
    code: 'bad_request',
    message: /body: \[\], must be an object/,
  },
  {
    what: 'a missing field',
    ask: ['POST', '/v1/deployments', '{}'],
    status: 400,
    code: 'bad_request',
    message: /path: missing, must be an absolute path/,
  },
  {
    what: 'a relative path',
    ask: ['POST', '/v1/deployments', '{"path":"hello"}'],
    status: 400,
    code: 'bad_request',
    message: /path: "hello", must be an absolute path/,
  },
  {
    what: 'a path with a NUL',
    ask: ['POST', '/v1/deployments', '{"path":"/a\\u0000b"}'],
    status: 400,
    code: 'bad_request',
    message: /must be an absolute path/,
  },
  {
    what: 'a field of another type',
    ask: ['POST', '/v1/deployments', '{"path":"/a","publish":"no"}'],
    status: 400,
    code: 'bad_request',
    message: /publish: "no", must be a boolean/,
  },
  {
    what: 'an unknown field',
    ask: ['POST', '/v1/deployments', '{"path":"/a","nam":"b"}'],
    status: 400,
    code: 'bad_request',
    message: /nam: unknown, must be one of path, name, publish, force, ifChanged/,
  },
  {
    what: 'a body where none belongs',
    ask: ['POST', '/v1/functions/hello/versions', '{"a":1}'],
    status: 400,
    code: 'bad_request',
    message: /a: unknown, must be left out/,
  },
  {
    what: 'a weight that is no number',
    ask: ['PUT', '/v1/functions/hello/aliases/live', '{"weights":{"3":"1"}}'],
    status: 400,
    code: 'bad_request',
    message: /weights\.3: "1", must be a number from 0 to 1/,
  },
  {
    what: 'a weight over 1',
    ask: ['PUT', '/v1/functions/hello/aliases/live', '{"weights":{"3":1.5}}'],
    status: 400,
    code: 'bad_weights',
    message: /weights\.3 is 1\.5, must be 0 to 1/,
  },
  {
    what: 'weights for the prototype',
    ask: ['PUT', '/v1/functions/hello/aliases/live', '{"weights":{"__proto__":1}}'],
    status: 400,
    code: 'bad_weights',
    message: /./,
  },
  {
    what: 'an unknown query parameter',
    ask: ['DELETE', '/v1/functions/hello?forse=true'],
    status: 400,
    code: 'bad_request',
    message: /query: forse: unknown, must be one of force/,
  },
  {
    what: 'a query parameter of another type',
    ask: ['DELETE', '/v1/functions/hello?force=1'],
    status: 400,
    code: 'bad_request',
    message: /force: "1", must be true or false/,
  },
  {
    what: 'a limit of nothing',
    ask: ['GET', '/v1/functions?limit=0'],
    status: 400,
    code: 'bad_request',
    message: /limit: "0", must be a whole number from 1 to 1000/,
  },
]

describe('createAdminServer', () => {
  for (const { what, ask, status, code, message } of refusals) {
    it(`refuses ${what}`, async () => {
      await using admin = await RunningAdminServer.start()
      const [method, path, text = ''] = ask
      const latin1 = text.startsWith('latin1:') ? Buffer.from(text.slice(7), 'latin1') : text
      const reply = await admin.send(method, path, latin1)
      assert.deepEqual(
        { status: reply.status, code: reply.body.error.code, message: reply.body.error.message },
        { status, code, message: reply.body.error.message },
      )
      assert.match(reply.body.error.message, message)
      assert.deepEqual(Object.keys(reply.body), ['error'])
      assert.deepEqual(Object.keys(reply.body.error), ['code', 'message', 'details'])
      assert.equal(admin.registry.revision, 0)
      assert.equal(admin.fleet.deltas.length, 0)
    })
  }

  it('tells the path of the field in the details too', async () => {
    await using admin = await RunningAdminServer.start()
    const malformed = await admin.send('PUT', '/v1/functions/hello/aliases/live', '{"weights":{"3":}}')
    assert.deepEqual(malformed.body.error.details, {
      line: 1,
      column: 17,
      path: 'weights.3',
      problem: 'value expected',
    })
    const wrong = await admin.ask('POST', '/v1/deployments', { path: 'a', force: 1 })
    assert.equal(wrong.body.error.details.path, 'path')
    assert.deepEqual(
      wrong.body.error.details.problems.map(({ path }: { path: string }) => path),
      ['path', 'force'],
    )
  })

  it('refuses a wrong method with 405 and the methods that are allowed', async () => {
    await using admin = await RunningAdminServer.start()
    const reply = await admin.ask('PATCH', '/v1/functions/hello/aliases/live')
    assert.equal(reply.status, 405)
    assert.equal(reply.headers.allow, 'PUT, DELETE')
    assert.equal(reply.body.error.code, 'method_not_allowed')
  })

  it('takes a body of 2 MiB and refuses a larger one with 413', async () => {
    await using admin = await RunningAdminServer.start()
    const bodyOf = (byteLength: number) => `{"event":"${'x'.repeat(byteLength - 12)}"}`
    const taken = await admin.send('POST', '/v1/functions/hello/invocations', bodyOf(2 * 1024 * 1024))
    assert.equal(taken.status, 200)
    const refused = await admin.send('POST', '/v1/functions/hello/invocations', bodyOf(2 * 1024 * 1024 + 1))
    assert.equal(refused.status, 413)
    assert.equal(refused.body.error.code, 'payload_too_large')
    assert.equal(admin.fleet.invoked.length, 1)
  })

  it('answers a fault of its own as internal_error, and logs what it keeps to itself', async () => {
    await using admin = await RunningAdminServer.start()
    admin.fleet.members = async () => {
      throw new Error('a secret detail')
    }
    const reply = await admin.ask('GET', '/v1/workers')
    assert.equal(reply.status, 500)
    assert.equal(reply.body.error.code, 'internal_error')
    assert.doesNotMatch(reply.text, /secret/)
    assert.equal(admin.logged.length, 1)
  })

  it('lists its commands, each with a description', async () => {
    await using admin = await RunningAdminServer.start()
    const { body } = await admin.ask('GET', '/v1')
    assert.equal(body.commands.length, adminCommands.length)
    for (const { description } of body.commands) assert.match(description, /^[A-Z].*\.$/)
  })

  it('describes itself', async () => {
    await using admin = await RunningAdminServer.start()
    const { body } = await admin.ask('GET', '/v1/info')
    assert.deepEqual(body, {
      version: '1.2.3',
      node: process.version,
      pid: process.pid,
      uptimeMs: 60_000,
      revision: 0,
      host: '127.0.0.1',
      port: 8787,
    })
  })

  it('finishes running commands when it closes, and takes no new ones', async () => {
    await using admin = await RunningAdminServer.start()
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    admin.fleet.replaceAll = () => {
      begun.resolve()
      return gate.promise
    }
    const answered = admin.ask('POST', '/v1/workers/replacement')
    await begun.promise
    const closed = admin.server.close()
    await assert.rejects(admin.ask('GET', '/v1/info'), /ENOENT|ECONNREFUSED/)
    gate.resolve()
    assert.equal((await answered).status, 200)
    await closed
  })

  it('does not wait for clients that never finish their request', async () => {
    await using admin = await RunningAdminServer.start()
    const socket = connect(admin.socketPath)
    socket.on('error', () => {})
    const accepted = new Promise<void>((resolve) => socket.once('data', () => resolve()))
    socket.write(
      'POST /v1/deployments HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 10\r\n\r\n{',
    )
    await accepted
    await admin.server.close()
    socket.destroy()
  })

  it('gives up commands that outlast the grace when it closes', async () => {
    await using admin = await RunningAdminServer.start()
    const begun = Promise.withResolvers<void>()
    admin.fleet.replaceAll = () => {
      begun.resolve()
      return new Promise(() => {})
    }
    const answered = admin.ask('POST', '/v1/workers/replacement')
    await begun.promise
    await Promise.all([assert.rejects(answered, /socket hang up/), admin.server.close({ graceMs: 1 })])
  })
})
