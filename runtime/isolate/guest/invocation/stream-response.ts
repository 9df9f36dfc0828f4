import { bodyKind } from '../../abi.ts'
import type { ResponseState } from '../fetch/response-state.ts'
import { TypeError } from '../primordials.ts'
import { ChunkReader } from '../stream/chunk-reader.ts'
import { describeThrown } from './describe-thrown.ts'
import { openSink } from './host-sink.ts'
import type { Invocation } from './invocation.ts'
import { writeError } from './results.ts'
import { write } from './send-response.ts'
import { writeToSink } from './sink-writer.ts'

/**
 * Answers with the head of the response, then writes its body as the stream gives it. Resolves when that is over, one
 * way or another.
 *
 * @throws TypeError if nothing was answered.
 */
export async function sendStream(invocation: Invocation, response: ResponseState): Promise<void> {
  if (invocation.isAnswered) return
  const { requestId } = invocation
  const reader = new ChunkReader(response.body!.stream())
  const sinkId = openSink(requestId)
  if (sinkId === undefined) throw new TypeError('Cannot answer: the request has opened too many streams')
  write(invocation, response, bodyKind.sink, sinkId, '')
  let isStopped = false
  const stop = () => {
    isStopped = true
    const message = 'Nobody reads the response any more'
    reader.cancel(new (require('../event/dom-exception.ts').DOMException)(message, 'AbortError'))
  }
  invocation.stopBody = stop
  try {
    if (!(await writeToSink(reader, sinkId, requestId)) && !isStopped) stop()
  } catch (thrown) {
    if (isStopped) return
    const { name, message, stack } = describeThrown(thrown)
    writeError(requestId, name, message, stack)
  }
  invocation.stopBody = null
}
