import { WeakMap, weakMapDelete, weakMapGet, weakMapSet } from '../primordials.ts'
import { disturb, failStream, isUnusable, newByteStream } from '../stream/own-byte-stream.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import { type BufferedContent, bytesOf } from './body.ts'
import type { HostStream } from './host-stream.ts'

/** What was made into a stream, as long as nothing of the stream was read. */
const untouched = new WeakMap<ReadableStream, BufferedContent>()

/** The stream that shows a body's content when it is read. */
export function streamOfContent(content: BufferedContent): ReadableStream {
  const stream =
    content.kind === 'hostStream' ? streamOfHost(content.content) : streamOf(() => bytesOf(content))
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
  const stream = newByteStream({
    pull: (deliver) => host.pull(deliver),
    cancel: () => host.cancel(),
  })
  host.onFail = (reason) => failStream(stream, reason)
  return stream
}

/** A stream that holds what `read` returns, asked for when it is first read. */
function streamOf(read: () => Uint8Array): ReadableStream {
  let isRead = false
  return newByteStream({
    pull(deliver) {
      const bytes = isRead ? null : read()
      isRead = true
      deliver(bytes)
      return undefined
    },
    cancel() {},
  })
}
