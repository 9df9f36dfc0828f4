import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { ErrorBody } from '../runtime/index.ts'
import { exitCodes, Failure } from './failure.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Asks a running server over its admin socket. Every command of the command line goes through here. */
export class AdminClient {
  readonly socketPath: string

  constructor(socketPath: string) {
    this.socketPath = socketPath
  }

  /** Resolves with the answer's JSON. @throws Failure what the server refused, or `unreachable` */
  async ask<T>(method: Method, path: string, body?: unknown): Promise<T> {
    const response = await this.#open(method, path, body)
    return JSON.parse(await this.#read(response))
  }

  /** The answer's JSON lines as they come, until the server ends them. @throws Failure as `ask` does */
  async *lines<T>(path: string, method: Method = 'GET'): AsyncGenerator<T> {
    const response = await this.#open(method, path)
    try {
      for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
        yield JSON.parse(line)
      }
    } catch (error) {
      // Thrown, or only seen below: which it is depends on what was still to be read.
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
    } finally {
      response.destroy()
    }
    if (!response.complete) throw this.#unreachable('it broke off')
  }

  async #open(method: Method, path: string, body?: unknown): Promise<IncomingMessage> {
    const response = await this.#send(method, path, body === undefined ? '' : JSON.stringify(body))
    if (response.statusCode! < 300) return response
    const { error } = JSON.parse(await this.#read(response)) as ErrorBody
    throw new Failure(error.code, error.message, { exitCode: exitCodes.failed, details: error.details })
  }

  #send(method: Method, path: string, body: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = {
        host: 'isolette',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }
      const options = { socketPath: this.socketPath, method, path, headers, agent: false }
      request(options, resolve)
        .on('error', (error: NodeJS.ErrnoException) => {
          reject(this.#unreachable(reasons[error.code ?? ''] ?? error.message))
        })
        .end(body)
    })
  }

  async #read(response: IncomingMessage): Promise<string> {
    try {
      return await text(response)
    } catch {
      throw this.#unreachable('it broke off')
    }
  }

  #unreachable(why: string): Failure {
    return new Failure(
      'unreachable',
      `Cannot reach a server at ${this.socketPath}: ${why}; start one with "isolette serve", or name its socket with --admin or ISOLETTE_ADMIN`,
      { exitCode: exitCodes.unreachable },
    )
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ENOTDIR: 'there is no such socket',
  ECONNREFUSED: 'nobody answers there',
  EACCES: 'it belongs to another user',
  ECONNRESET: 'it broke off',
}

/** A path whose values are encoded: `` adminPath`/v1/functions/${name}` ``. */
export function adminPath(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: parts }, ...values.map(encodeURIComponent))
}
