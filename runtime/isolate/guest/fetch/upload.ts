import { takeBodyBytes } from '../host.ts'
import { describeThrown } from '../invocation/describe-thrown.ts'
import { endSink, openSink } from '../invocation/host-sink.ts'
import { writeToSink } from '../invocation/sink-writer.ts'
import { exactBuffer } from '../language/bytes.ts'
import { TypeError } from '../primordials.ts'
import { ChunkReader } from '../stream/chunk-reader.ts'
import { encodeUtf8 } from '../text/utf8-encode.ts'
import type { Body } from './body.ts'

/** The body of an outbound request, on its way to the host. */
export interface Upload {
  /** As `op.fetch` takes it. */
  readonly body: ArrayBuffer | number
  /** Writes what is made bit by bit; to be called when the host knows of the request. */
  begin(): void
  /** The request is over: nobody reads on. */
  stop(reason: unknown): void
}

/**
 * Takes a body to send it: whole, as something that the host hands on by itself, or through a sink.
 *
 * @throws TypeError if it was read before.
 */
export function takeUpload(body: Body, requestId: number): Upload {
  const taken = body.take()
  if (taken === null) return new StreamUpload(new ChunkReader(body.stream()), requestId)
  switch (taken.kind) {
    case 'text':
      return handedOver(exactBuffer(encodeUtf8(taken.content)))
    case 'bytes':
      return handedOver(exactBuffer(taken.content))
    case 'host':
      return handedOver(takeBodyBytes(taken.content))
    case 'hostStream':
      return handedOver(taken.content.handOn())
  }
}

function handedOver(body: ArrayBuffer | number): Upload {
  return { body, begin() {}, stop() {} }
}

class StreamUpload implements Upload {
  readonly body: number
  readonly #reader: ChunkReader
  readonly #requestId: number

  constructor(reader: ChunkReader, requestId: number) {
    this.#reader = reader
    this.#requestId = requestId
    const sinkId = openSink(requestId)
    if (sinkId === undefined) {
      const problem = new TypeError('Cannot fetch: the request has opened too many streams')
      reader.cancel(problem)
      throw problem
    }
    this.body = sinkId
  }

  begin(): void {
    void this.#write()
  }

  stop(reason: unknown): void {
    this.#reader.cancel(reason)
  }

  /** Never rejects: the host tells whoever fetches. */
  async #write(): Promise<void> {
    try {
      if (!(await writeToSink(this.#reader, this.body, this.#requestId)))
        this.#reader.cancel(new TypeError('Cannot send the body: the request is over'))
    } catch (thrown) {
      endSink(this.body, describeThrown(thrown).message)
    }
  }
}
