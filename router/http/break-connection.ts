import type { HttpResponse as UwsResponse } from 'uWebSockets.js'

/**
 * Ends a connection in the midst of a response, so that the client sees that it is incomplete. Not before the next turn:
 * within a callback for its data or for its being writable, uWebSockets.js 20 goes on to use what closing destroys.
 *
 * The exchange must be over: it will not hear that the connection was aborted.
 */
export function breakConnection(response: UwsResponse): void {
  let isGone = false
  response.onAborted(() => {
    isGone = true
  })
  setImmediate(() => {
    if (!isGone) response.close()
  })
}
