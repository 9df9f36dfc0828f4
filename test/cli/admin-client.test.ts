import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { AdminClient, adminPath } from '../../cli/admin-client.ts'

/** A client of a server that answers everything by `listener`. */
async function withServer(
  listener: RequestListener,
  run: (client: AdminClient) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'isolette-client-'))
  const server = createServer(listener)
  await once(server.listen(join(folder, 's')), 'listening')
  try {
    await run(new AdminClient(join(folder, 's')))
  } finally {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const unreachable = { code: 'unreachable', exitCode: 3, message: /it broke off/ }

describe('AdminClient', () => {
  it('fails as unreachable when the server dies before it answers', async () => {
    await withServer(
      (request) => request.socket.destroy(),
      (client) => assert.rejects(client.ask('GET', '/'), unreachable),
    )
  })

  it('fails as unreachable when the server dies within its answer', async () => {
    await withServer(
      (_request, response) => {
        response.writeHead(200, { 'content-length': 100 })
        response.write('{"half":', () => response.destroy())
      },
      (client) => assert.rejects(client.ask('GET', '/'), unreachable),
    )
  })

  it('gives the lines that came before the server died, then fails', async () => {
    await withServer(
      (_request, response) => {
        response.write('{"n":1}\n{"n":2}\n', () => response.destroy())
      },
      async (client) => {
        const lines = client.lines('/')
        assert.deepEqual((await lines.next()).value, { n: 1 })
        assert.deepEqual((await lines.next()).value, { n: 2 })
        await assert.rejects(lines.next(), unreachable)
      },
    )
  })
})

describe('adminPath', () => {
  it('encodes values', () => {
    assert.equal(
      adminPath`/v1/functions/${'../a b'}/aliases/${'ü?#'}`,
      '/v1/functions/..%2Fa%20b/aliases/%C3%BC%3F%23',
    )
  })
})
