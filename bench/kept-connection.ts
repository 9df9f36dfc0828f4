import { createConnection, type Socket } from 'node:net'

/** A connection on which one request goes out after the other: as little of a client as there can be. */
export class KeptConnection {
  readonly #socket: Socket
  #received = ''
  #onAnswer: (status: number) => void = () => {}
  #onFailed: (error: Error) => void = () => {}

  constructor(url: URL) {
    this.#socket = createConnection({ host: url.hostname, port: Number(url.port), noDelay: true })
    this.#socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    this.#socket.on('error', (error) => this.#onFailed(error))
    this.#socket.on('close', () => this.#onFailed(new Error('The server closed the connection')))
  }

  /** Sends a whole request, and resolves with the status of its answer, which must have a length. */
  send(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#onAnswer = resolve
      this.#onFailed = reject
      this.#socket.write(request, 'latin1')
    })
  }

  close(): void {
    this.#onFailed = () => {}
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#received += text
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const bodyBytes = Number(/content-length: (\d+)/i.exec(this.#received)?.[1])
    if (this.#received.length < end + 4 + bodyBytes) return
    const status = Number(this.#received.slice(9, 12))
    this.#received = ''
    this.#onAnswer(status)
  }
}

/** A request as it goes over the line. */
export function rawRequest(url: URL, method: string, headers: readonly string[], body = ''): string {
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`, ...headers]
  if (body !== '') lines.push(`content-length: ${body.length}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
