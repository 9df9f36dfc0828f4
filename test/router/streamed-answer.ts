import { createHash } from 'node:crypto'
import { BytePipe } from '../../runtime/model/byte-pipe.ts'
import type { ByteSource } from '../../runtime/model/byte-source.ts'
import type { FailedOutcome } from '../../runtime/model/outcome.ts'
import { type FakeInvoker, textResponse } from './fake-invoker.ts'
import type { FakeRecorder } from './fake-recorder.ts'
import { send } from './http-client.ts'
import type { openServer } from './open-server.ts'

export const KiB = 1024
export const MiB = 1024 * KiB
export const get = 'GET /hello HTTP/1.1\r\nHost: a\r\n\r\n'
export const failure: FailedOutcome = { kind: 'exceeded_cpu', message: 'for a test' }

/** A response body whose writing end is the test's. */
export class Body {
  readonly pipe: BytePipe
  isCanceled = false
  #wake: () => void = () => {}

  constructor(highWaterBytes = 64 * KiB) {
    this.pipe = new BytePipe(highWaterBytes, {
      onRoom: () => this.#wake(),
      onCancel: () => {
        this.isCanceled = true
        this.#wake()
      },
    })
  }

  write(text: string): void {
    this.pipe.write(Buffer.from(text, 'latin1'))
  }

  /** Writes all, waiting for room. */
  async writeAll(bytes: Uint8Array, chunkBytes: number): Promise<void> {
    for (let at = 0; at < bytes.byteLength && !this.isCanceled; at += chunkBytes) {
      if (!this.pipe.write(bytes.slice(at, at + chunkBytes))) await this.change()
    }
    this.pipe.end()
  }

  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

export function outcomesOf(recorder: FakeRecorder): (string | number | null)[][] {
  return recorder.settledOnes.map(({ outcome, status }) => [outcome.kind, status])
}

/** The function `hello` answers with the body. */
export function answerWith(invoker: FakeInvoker, body: ByteSource, headers: string[] = []): void {
  invoker.answer = () => textResponse(body, { headers })
}

/** Resolves when all requests are over. */
export async function allOver({ port, server }: Awaited<ReturnType<typeof openServer>>): Promise<void> {
  while (server.inFlight > 0) await send(port, '/nowhere')
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
