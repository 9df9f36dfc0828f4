import { reportUncaught } from '../invocation/report-uncaught.ts'
import { TypeError } from '../primordials.ts'

/** HTML's `queueMicrotask`. What the callback throws is noted in the log. */
export function queueMicrotask(callback: () => unknown): void {
  if (typeof callback !== 'function') {
    throw new TypeError(`Cannot queue a microtask: callback is ${typeof callback}, must be a function`)
  }
  void run(callback)
}

/** `await` takes one turn of the queue, and unlike `then` it is nothing that a guest could have replaced. */
async function run(callback: () => unknown): Promise<void> {
  await undefined
  try {
    callback()
  } catch (thrown) {
    reportUncaught(thrown)
  }
}
