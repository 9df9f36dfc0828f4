/** Raw uWebSockets.js that says hello: the limit. Prints its port. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadUws } from '../../router/http/uws-binary.ts'

const uws = loadUws(join(tmpdir(), `isolette-bench-${process.getuid?.() ?? 0}`))

// The clock of nobody: a port is asked for by the parent, since uWebSockets.js gives port 0 to one process only.
const port = Number(process.argv[2])
uws
  .App()
  .any('/*', (response) => {
    response.end('Hello from isolette\n')
  })
  .listen('127.0.0.1', port, (socket) => {
    if (socket === false) throw new Error(`Cannot listen on port ${port}`)
    console.log('ready')
  })
