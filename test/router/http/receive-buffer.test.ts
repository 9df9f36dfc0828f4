import assert from 'node:assert/strict'
import { it } from 'node:test'
import { boundReceiveBuffers } from '../../../router/http/receive-buffer.ts'
import { loadUws } from '../../../router/http/uws-binary.ts'
import { RawConnection } from '../http-client.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const MiB = 1024 * 1024
/** What uWebSockets.js reads at once; after that much it reads on, paused or not. */
const readBytes = 512 * 1024

it('lets the kernel receive less than uWebSockets.js reads at once', async (t) => {
  const uws = loadUws(temporaryDirectory(t))
  const app = uws.App()
  let largest = 0
  app.post('/*', (response) => {
    response.onAborted(() => {})
    response.onData((chunk, isLast) => {
      largest = Math.max(largest, chunk.byteLength)
      if (isLast) response.cork(() => response.end('all'))
      else {
        // So that as much as can be comes before the next read.
        response.pause()
        setImmediate(() => setImmediate(() => response.resume()))
      }
    })
  })
  let port = 0
  await boundReceiveBuffers(() => {
    app.listen('127.0.0.1', 0, (socket) => {
      assert.ok(socket)
      port = uws.us_socket_local_port(socket)
    })
  })
  t.after(() => app.close())
  const connection = new RawConnection(port)
  connection.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${16 * MiB}\r\n\r\n`)
  connection.write('x'.repeat(16 * MiB))
  await connection.until('all')
  assert.ok(largest > 0 && largest < readBytes, `${largest} bytes came at once`)
  connection.destroy()
})
