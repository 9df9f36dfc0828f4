import { BytePipe } from '../../runtime/model/byte-pipe.ts'
import type { ByteSource, SourceRead } from '../../runtime/model/byte-source.ts'
import { fetching, type Settled } from './pool-fixture.ts'

/** A body as a client sends it, and what the pipe told of its reader. */
export class SentBody {
  readonly pipe: BytePipe
  rooms = 0
  isCanceled = false

  constructor(highWaterBytes = 64 * 1024) {
    this.pipe = new BytePipe(highWaterBytes, {
      onRoom: () => this.rooms++,
      onCancel: () => {
        this.isCanceled = true
      },
    })
  }

  /** False if there is no room for more. */
  write(text: string): boolean {
    return this.pipe.write(Buffer.from(text))
  }
}

/** A body all of which is there. */
export function sent(...chunks: string[]): BytePipe {
  const body = new SentBody()
  for (const chunk of chunks) body.write(chunk)
  body.pipe.end()
  return body.pipe
}

/** The body of an answer that comes bit by bit. @throws Error unless that is what came */
export function streamOf({ outcome }: Settled): ByteSource {
  const body = outcome.kind === 'ok' ? outcome.response?.body : null
  if (body === null || typeof body !== 'object' || body instanceof Uint8Array)
    throw new Error(`The outcome is ${JSON.stringify(outcome)}`)
  return body
}

/** What the source says next, other than that there is nothing yet. */
export async function readNext(source: ByteSource): Promise<SourceRead> {
  for (;;) {
    const read = source.read()
    if (read.kind !== 'empty') return read
    await new Promise<void>((resolve) => source.onceReadable(resolve))
  }
}

/** The next bytes as text. @throws Error unless that is what comes */
export async function nextText(source: ByteSource): Promise<string> {
  const read = await readNext(source)
  if (read.kind !== 'bytes') throw new Error(`Read ${JSON.stringify(read)}`)
  return Buffer.from(read.bytes).toString()
}

/** All the rest as text. @throws Error if it does not come to its end */
export async function restOf(source: ByteSource): Promise<string> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const read = await readNext(source)
    if (read.kind === 'end') return Buffer.concat(chunks).toString()
    if (read.kind !== 'bytes') throw new Error(`Read ${JSON.stringify(read)}`)
    chunks.push(read.bytes)
  }
}

/** Why no more comes. @throws Error unless that is what was read */
export function failureOf(read: SourceRead): { readonly kind: string; readonly text: string } {
  if (read.kind !== 'failed') throw new Error(`Read ${JSON.stringify(read)}`)
  const { failure } = read
  return { kind: failure.kind, text: failure.kind === 'exception' ? failure.error.message : failure.message }
}

/** A handler that writes to the response what it reads of the request, chunk by chunk. */
export const throughGuest = fetching(`const reader = request.body.getReader()
  return new Response(new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  }))`)
