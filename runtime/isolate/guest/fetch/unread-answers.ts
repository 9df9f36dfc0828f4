import { newList } from '../language/list.ts'
import { WeakRef, weakRefDeref } from '../primordials.ts'
import { cancelStream } from './host-source.ts'
import type { HostStream } from './host-stream.ts'

interface Watched {
  readonly id: number
  readonly stream: WeakRef<HostStream>
}

/** Looked at for each that is added, so that those that are left lying do not pile up. */
const looksEach = 2

const watched = newList<Watched>()
let nextLook = 0

/**
 * Gives up the body of an answer to `fetch` when nobody holds it any more: else it would keep its connection.
 *
 * V8 never calls a `FinalizationRegistry` here, for nothing runs its tasks; but it does clear a `WeakRef`.
 */
export function watchAnswer(stream: HostStream): void {
  for (let look = 0; look < looksEach && watched.length > 0; look++) {
    nextLook = nextLook < watched.length - 1 ? nextLook + 1 : 0
    const { id, stream } = watched[nextLook]!
    const held = weakRefDeref(stream)
    if (held !== undefined && !held.isOver) continue
    if (held === undefined) cancelStream(id)
    watched[nextLook] = watched[watched.length - 1]!
    watched.length--
  }
  watched[watched.length] = { id: stream.id, stream: new WeakRef(stream) }
}
