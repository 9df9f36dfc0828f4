import { type IncomingHttpHeaders, request } from 'node:http'
import { createConnection, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request on a connection of its own. */
export function send(
  port: number,
  path: string,
  options: {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string | Uint8Array
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options
    const outgoing = request({ port, path, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const { statusCode = 0, statusMessage = '' } = incoming
        const text = Buffer.concat(chunks).toString('latin1')
        resolve({ status: statusCode, statusText: statusMessage, headers: incoming.headers, body: text })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The JSON body of an error. */
export function errorOf(answer: Answer): {
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
} {
  return JSON.parse(answer.body).error
}

/** A connection on which bytes are written as they stand. Text is one byte a character. */
export class RawConnection {
  readonly #socket: Socket
  #received = ''
  #isEnded = false
  #wake: () => void = () => {}

  constructor(port: number) {
    this.#socket = createConnection({ port, host: '127.0.0.1' })
    this.#socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1')
      this.#wake()
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.#isEnded = true
      this.#wake()
    })
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  /** Everything received, as soon as it holds `text`. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) {
      if (this.#isEnded) throw new Error(`ended before ${JSON.stringify(text)}: ${this.#received}`)
      await this.#change()
    }
    return this.#received
  }

  /** Everything received, when the server has ended the connection. */
  async ended(): Promise<string> {
    while (!this.#isEnded) await this.#change()
    return this.#received
  }

  /** Stops and goes on reading: what the server sends then piles up. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
