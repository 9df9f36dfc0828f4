import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** A request that reached the upstream. */
export interface Arrived {
  readonly path: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** A server that answers nothing by itself: `next` waits for the next request that was not taken yet. */
export async function upstream(t: TestContext) {
  const arrived: Arrived[] = []
  let wake = () => {}
  const server = createServer((request, response) => {
    arrived.push({ path: request.url!, request, response })
    wake()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const next = async () => {
    while (arrived.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return arrived.shift()!
  }
  const connections = () =>
    new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrived, next, connections }
}
