/** Raw uWebSockets.js that counts what it gets, makes as much as it is asked for, or gives back what it gets. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadUws } from '../../router/http/uws-binary.ts'

const uws = loadUws(join(tmpdir(), `isolette-bench-${process.getuid?.() ?? 0}`))
const port = Number(process.argv[2])
const chunk = new Uint8Array(64 * 1024).fill(120)
const giveUp = () => {}

uws
  .App()
  .post('/in', (response) => {
    response.onAborted(giveUp)
    let bytes = 0
    response.onData((part, isLast) => {
      bytes += part.byteLength
      if (isLast) response.cork(() => response.end(JSON.stringify({ bytes })))
    })
  })
  .get('/out', (response, request) => {
    response.onAborted(giveUp)
    let left = Number(request.getQuery('bytes'))
    const write = (): boolean => {
      while (left > 0) {
        let isTaken = true
        response.cork(() => {
          isTaken = response.write(chunk.subarray(0, Math.min(left, chunk.byteLength)))
        })
        left -= chunk.byteLength
        if (!isTaken) return true
      }
      response.cork(() => response.end())
      return true
    }
    response.onWritable(write)
    write()
  })
  // What the client does not read fast enough is held in memory: pausing would hold the response back too.
  .post('/through', (response) => {
    response.onAborted(giveUp)
    response.onData((part, isLast) => {
      response.cork(() => {
        if (part.byteLength > 0) response.write(part)
        if (isLast) response.end()
      })
    })
  })
  .listen('127.0.0.1', port, (socket) => {
    if (socket === false) throw new Error(`Cannot listen on port ${port}`)
    console.log('ready')
  })
