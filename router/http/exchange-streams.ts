import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import type { FailedOutcome } from '../../runtime/index.ts'
import type { IdleWatch, Watched } from './idle-watch.ts'
import type { RequestStream } from './request-stream.ts'
import type { ResponseStream } from './response-stream.ts'
import { SocketFlow } from './socket-flow.ts'

/** The exchange that has them. */
export interface StreamsOwner {
  /** Nothing moved for too long. */
  onIdle(failure: FailedOutcome): void
}

/** What streams of one exchange, in one direction or both, and how long none of it moved. */
export class ExchangeStreams implements Watched {
  readonly flow: SocketFlow
  upload: RequestStream | null = null
  download: ResponseStream | null = null
  readonly #watch: IdleWatch
  readonly #idleMs: number
  readonly #owner: StreamsOwner
  #quietSinceMs = 0

  constructor(response: UwsResponse, watch: IdleWatch, idleMs: number, owner: StreamsOwner) {
    this.flow = new SocketFlow(response)
    this.#watch = watch
    this.#idleMs = idleMs
    this.#owner = owner
    watch.add(this)
  }

  onTick(nowMs: number): void {
    this.flow.rearm()
    this.download?.greet()
    const awaited = this.#awaited()
    if (this.flow.hasMoved || awaited === null) {
      this.flow.hasMoved = false
      this.#quietSinceMs = nowMs
    } else if (nowMs - this.#quietSinceMs >= this.#idleMs) {
      this.#owner.onIdle(tooQuiet(awaited, this.#idleMs))
    }
  }

  /** The response is about to be complete, and its object dead. */
  finish(): void {
    this.upload?.letGo()
    this.close()
  }

  /** The response object is dead. */
  close(): void {
    this.#watch.delete(this)
    this.flow.close()
    this.upload?.letGo()
  }

  /** Who is to move the next byte; null = the function, and how long that may take is bounded otherwise. */
  #awaited(): 'client' | 'function' | null {
    const { upload, download } = this
    if (download === null) return upload?.awaitsClient ? 'client' : null
    if (download.isSent) return 'function'
    return download.awaitsClient || upload?.awaitsClient ? 'client' : 'function'
  }
}

function tooQuiet(who: 'client' | 'function', idleMs: number): FailedOutcome {
  const message = `The ${who} moved no byte of a streaming body for limits.streamIdleMs, ${idleMs} ms`
  return { kind: who === 'client' ? 'canceled' : 'exceeded_wall_time', message }
}
