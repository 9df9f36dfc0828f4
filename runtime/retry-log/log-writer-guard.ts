/**
 * Keeps a process from ending its writing thread within a transaction: LMDB then waits for a lock that this thread itself
 * holds, and so do all processes that write the log (seen in two of five calls of `process.exit` that met a commit).
 */
export interface WriterGuard {
  /** To be given to the thread. Two words: whether it is at work, and whether it may not begin any. */
  readonly words: Int32Array
  /** To be called once the thread has ended. */
  release(): void
}

const busy = 0
const ending = 1
/** Longer than a flush takes on a disk that works. */
const maxWaitMs = 2000

/** Guards a thread that is to be started: it counts as being at work until it says otherwise. */
export function guardWriter(): WriterGuard {
  const words = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
  words[busy] = 1
  const waitForThread = () => {
    Atomics.store(words, ending, 1)
    Atomics.wait(words, busy, 1, maxWaitMs)
  }
  process.on('exit', waitForThread)
  return { words, release: () => process.off('exit', waitForThread) }
}

/** Asks in the thread whether it may begin; then it is to call `endWork`. */
export function beginWork(words: Int32Array): boolean {
  Atomics.store(words, busy, 1)
  if (Atomics.load(words, ending) === 0) return true
  endWork(words)
  return false
}

export function endWork(words: Int32Array): void {
  Atomics.store(words, busy, 0)
  Atomics.notify(words, busy)
}
