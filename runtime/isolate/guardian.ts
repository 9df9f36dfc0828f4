import ivm from 'isolated-vm'

/**
 * Ends isolates that overstay.
 *
 * isolated-vm's own `timeout` wakes a timer thread on every call (102k → 52k requests a second, measured). The guardian
 * costs a call nothing but two atomic writes: one trusted isolate on a thread of its own holds the handles of all
 * others and looks, every few milliseconds, at a cell of shared memory that says which isolate the worker's thread is
 * in. If it sees one entry there for longer than that entry's budget, it condemns it and disposes the isolate, which
 * stops the guest wherever it is.
 *
 * One slot is enough, since one thread enters isolates. Both sides change the slot by compare-and-swap: the guardian
 * condemns *before* it disposes, and the worker learns when it leaves that it was condemned. Otherwise the guardian
 * might decide on one entry and hit the next, innocent one.
 *
 * The guardian sees wall time, not CPU time, hence generous budgets. It counts its own pauses instead of reading a
 * start time: nothing need be written on entry, and a wall clock that jumps ends nothing.
 */
export class Guardian {
  readonly #cells = new Int32Array(new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT))
  readonly #isolate: ivm.Isolate
  readonly #add: ivm.Reference<(index: number, isolate: ivm.Isolate, forgotten: string) => void>
  readonly #watch: ivm.Reference<() => void>
  #sequence = 0
  #nextIndex = 1
  #forgotten: number[] = []
  #isStopped = false

  constructor() {
    this.#isolate = new ivm.Isolate({ memoryLimit: 32 })
    const context = this.#isolate.createContextSync()
    context.global.setSync('cells', new ivm.ExternalCopy(this.#cells.buffer).copyInto({ release: true }))
    const watcher = context.evalSync(watcherSource, { filename: 'isolette:guardian', reference: true })
    this.#add = watcher.getSync('add', { reference: true })
    this.#watch = watcher.getSync('watch', { reference: true })
    this.#resume()
    // An exit while the guardian's thread waits ends in a crash of the process.
    process.once('exit', this.#stopOnExit)
  }

  /** Takes an isolate under watch; returns the index to enter it with. */
  add(isolate: ivm.Isolate): number {
    const index = this.#nextIndex++
    const forgotten = this.#forgotten.join(',')
    this.#forgotten = []
    this.#interrupt()
    // Both calls are queued before anything is entered, so the handle is there before the isolate can overstay.
    this.#add.applyIgnored(undefined, [index, isolate, forgotten])
    this.#resume()
    return index
  }

  /** The isolate was disposed; its handle is dropped with the next one that is added. */
  forget(index: number): void {
    this.#forgotten.push(index)
  }

  /** The worker's thread is about to enter this isolate, for at most `budgetMs` of wall time. */
  enter(index: number, budgetMs: number): void {
    this.#sequence = this.#sequence === maxSequence ? 1 : this.#sequence + 1
    this.#cells[cell.index] = index
    this.#cells[cell.budgetMs] = budgetMs
    Atomics.store(this.#cells, cell.state, this.#sequence)
  }

  /** The worker's thread has left the isolate. False = the entry was condemned and the isolate is, or is about to be, disposed. */
  leave(): boolean {
    const before = Atomics.compareExchange(this.#cells, cell.state, this.#sequence, idle)
    if (before === this.#sequence) return true
    Atomics.store(this.#cells, cell.state, idle)
    return false
  }

  /** Ends the guardian's thread; nothing is watched any more. Waits for it, at most a tenth of a second. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    process.off('exit', this.#stopOnExit)
    this.#interrupt()
    Atomics.wait(this.#cells, cell.isWatching, 1, 100)
    this.#isolate.dispose()
  }

  readonly #stopOnExit = (): void => this.stop()

  #interrupt(): void {
    Atomics.add(this.#cells, cell.interruptions, 1)
    Atomics.notify(this.#cells, cell.interruptions)
  }

  #resume(): void {
    this.#watch.applyIgnored()
  }
}

const idle = 0
const maxSequence = 2 ** 30

/** `state`: 0 = the thread is in no isolate, n = in entry n, -n = entry n was condemned. */
const cell = { state: 0, index: 1, budgetMs: 2, interruptions: 3, isWatching: 4 } as const
const cellCount = 5

/**
 * Runs in the guardian's isolate. `watch` returns when it is interrupted, so that `add` can run on its thread; the host
 * queues the next `watch` behind it. The first `watch` has no interruption to take back.
 */
const watcherSource = `
'use strict';
(() => {
  const cells = new Int32Array(globalThis.cells);
  const isolates = new Map();
  const busyPauseMs = 5, quietPauseMs = 20, quietAfter = 100;
  let isFirst = true, seen = 0, elapsedMs = 0, lastMs = Date.now(), quiet = 0;

  function look(pauseMs) {
    const nowMs = Date.now();
    const passedMs = Math.min(Math.max(nowMs - lastMs, 0), 4 * pauseMs);
    lastMs = nowMs;
    const state = Atomics.load(cells, ${cell.state});
    if (state <= 0) { seen = 0; quiet++; return; }
    quiet = 0;
    if (state !== seen) { seen = state; elapsedMs = 0; return; }
    elapsedMs += passedMs;
    const isolate = isolates.get(cells[${cell.index}]);
    if (elapsedMs < cells[${cell.budgetMs}] || isolate === undefined) return;
    if (Atomics.compareExchange(cells, ${cell.state}, state, -state) !== state) return;
    seen = 0;
    try { isolate.dispose(); } catch {}
  }

  return {
    add(index, isolate, forgotten) {
      if (forgotten !== '') for (const gone of forgotten.split(',')) isolates.delete(Number(gone));
      isolates.set(index, isolate);
    },
    watch() {
      if (isFirst) isFirst = false;
      else Atomics.sub(cells, ${cell.interruptions}, 1);
      Atomics.store(cells, ${cell.isWatching}, 1);
      while (Atomics.load(cells, ${cell.interruptions}) === 0) {
        const pauseMs = quiet > quietAfter ? quietPauseMs : busyPauseMs;
        Atomics.wait(cells, ${cell.interruptions}, 0, pauseMs);
        look(pauseMs);
      }
      Atomics.store(cells, ${cell.isWatching}, 0);
      Atomics.notify(cells, ${cell.isWatching});
    },
  };
})()
`
