import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Writes down from outside what functions do: each run of a handler reports itself here, over loopback. What a server's own
 * records say can be compared with it.
 */
export class CallLedger implements AsyncDisposable {
  readonly #server: Server
  /** How many times each was run. */
  readonly runs = new Map<string, number>()
  total = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<CallLedger> {
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const name = request.url!.slice(1)
      ledger.total++
      ledger.runs.set(name, (ledger.runs.get(name) ?? 0) + 1)
      response.end()
    })
    const ledger = new CallLedger(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return ledger
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** A function that reports the last segment of its path, or `n` of its event. */
  source(rest = ''): string {
    return `export default { async fetch(request) {
      const name = new URL(request.url).pathname.split('/').pop()
      await fetch('http://${this.address}/' + name)
      ${rest}
      return new Response(name)
    } }`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
