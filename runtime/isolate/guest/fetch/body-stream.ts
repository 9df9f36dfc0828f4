import { copyBytes, isBufferSource } from '../language/bytes.ts'
import { ignoreRejection } from '../language/deferred.ts'
import { TypeError, WeakMap, weakMapDelete, weakMapGet, weakMapSet } from '../primordials.ts'
import {
  disturb,
  isUnusable,
  ReadableStream,
  streamOf,
  streamStateOf,
  type UnderlyingSource,
} from '../stream/readable-stream.ts'
import { ReadableStreamDefaultReader, readLocked } from '../stream/stream-reader.ts'
import type { BufferedContent } from './body.ts'
import type { HostStream } from './host-stream.ts'

/** What bodies need of streams, and nothing of it goes through what a guest can patch. */

/** What was made into a stream, as long as nothing of the stream was read. */
const untouched = new WeakMap<ReadableStream, BufferedContent>()

/** The stream that shows a body's content when it is read. */
export function streamOfContent(content: BufferedContent, read: () => Promise<Uint8Array>): ReadableStream {
  const stream = content.kind === 'hostStream' ? streamOfHost(content.content) : streamOf(read)
  weakMapSet(untouched, stream, content)
  return stream
}

/**
 * Takes back what a stream was made of, if nothing of it was read so far: the stream then counts as read. Null if it is
 * any other stream.
 */
export function takeContent(stream: ReadableStream): BufferedContent | null {
  const content = weakMapGet(untouched, stream)
  if (content === undefined || isUnusable(stream)) return null
  weakMapDelete(untouched, stream)
  disturb(stream)
  return content
}

function streamOfHost(host: HostStream): ReadableStream {
  const source: UnderlyingSource = {
    start(controller) {
      host.onFail = (reason) => controller.error(reason)
    },
    async pull(controller) {
      const chunk = await host.pull()
      if (chunk === null) controller.close()
      else controller.enqueue(chunk)
    },
    cancel() {
      host.cancel()
    },
  }
  return new ReadableStream(source, { highWaterMark: 0 })
}

/** Reads a stream chunk by chunk. */
export class ChunkReader {
  readonly #stream: ReadableStream
  readonly #reader: ReadableStreamDefaultReader

  /** @throws TypeError if it is locked. */
  constructor(stream: ReadableStream) {
    this.#stream = stream
    this.#reader = new ReadableStreamDefaultReader(stream)
  }

  /**
   * The next chunk, a copy that nobody else holds; null at the end.
   *
   * @throws TypeError if a chunk is not bytes; what the stream fails with.
   */
  async next(): Promise<Uint8Array | null> {
    const { value, done } = await readLocked(this.#reader)
    if (done) return null
    if (!isBufferSource(value))
      throw new TypeError('Cannot read the body: a chunk of its stream is not bytes')
    return copyBytes(value)
  }

  /** Nobody reads on. Does nothing at the stream's own end. */
  cancel(reason: unknown): void {
    void ignoreRejection(streamStateOf(this.#stream).cancel(reason))
  }
}
