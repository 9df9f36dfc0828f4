import { exactBuffer } from '../language/bytes.ts'
import { Deferred } from '../language/deferred.ts'
import { typedArrayByteLength, typedArraySubarray } from '../primordials.ts'
import type { ChunkReader } from '../stream/chunk-reader.ts'
import { awaitRoom, endSink, pushChunk } from './host-sink.ts'
import { awaitOp } from './pending-ops.ts'

/** Copying a longer chunk at once could not be interrupted, and all of it would lie at the host. */
const maxPieceBytes = 256 * 1024

/**
 * Writes all chunks of a stream to a sink, each when there is room for it, and ends the sink.
 *
 * @returns false if nobody reads the sink any more: the stream is then to be cancelled.
 * @throws whatever the stream fails with; the sink is still open then.
 */
export async function writeToSink(reader: ChunkReader, sinkId: number, requestId: number): Promise<boolean> {
  while (await reader.read()) {
    const chunk = reader.chunk!
    const length = typedArrayByteLength(chunk)
    for (let at = 0; at < length; at += maxPieceBytes) {
      const piece = length <= maxPieceBytes ? chunk : typedArraySubarray(chunk, at, at + maxPieceBytes)
      const hasRoom = pushChunk(sinkId, exactBuffer(piece))
      if (hasRoom === true) continue
      if (hasRoom === null || !(await room(sinkId, requestId))) return false
    }
  }
  endSink(sinkId)
  return true
}

/** Waits for room; false = nobody reads the sink any more. */
function room(sinkId: number, requestId: number): Promise<boolean> {
  const answer = new Deferred<boolean>()
  const opId = awaitOp({
    requestId,
    resolve: () => answer.resolve(true),
    reject: () => answer.resolve(false),
  })
  awaitRoom(opId, requestId, sinkId)
  return answer.promise
}
