import { monotonicMs, wakeAfter } from '../host.ts'
import { currentRequestId, setCurrentRequestId } from '../invocation/current-request.ts'
import { reportUncaught } from '../invocation/report-uncaught.ts'
import { apply, ceil, globalObject, Map, mapDelete, mapGet, mapSet, max, TypeError } from '../primordials.ts'
import { type HeapItem, TimerHeap } from './timer-heap.ts'

type Callback = (...args: unknown[]) => unknown

interface Timer extends HeapItem {
  readonly id: number
  dueMs: number
  order: number
  /** null = only once. */
  readonly intervalMs: number | null
  readonly callback: Callback
  readonly args: unknown[]
  readonly requestId: number
}

const heap = new TimerHeap<Timer>()
const byId = new Map<number, Timer>()
let lastId = 0
let lastOrder = 0
/** When the host will wake us, null = never. */
let armedForMs: number | null = null

/** Runs `callback` once, `delayMs` from now at the earliest. */
export function setTimeout(callback: Callback, delayMs?: number, ...args: unknown[]): number {
  return add(callback, delayMs, args, false)
}

/** Runs `callback` every `delayMs`. */
export function setInterval(callback: Callback, delayMs?: number, ...args: unknown[]): number {
  return add(callback, delayMs, args, true)
}

export function clearTimeout(id?: number): void {
  const timer = mapGet(byId, id as number)
  if (timer === undefined) return
  mapDelete(byId, timer.id)
  heap.remove(timer)
}

export function clearInterval(id?: number): void {
  clearTimeout(id)
}

function add(callback: unknown, delayMs: unknown, args: unknown[], repeats: boolean): number {
  if (typeof callback !== 'function') {
    throw new TypeError(`Cannot set a timer: callback is ${typeof callback}, must be a function`)
  }
  // As HTML has it: a 32-bit integer, so that what is absurdly long comes at once.
  const delay = max((delayMs as number) | 0, 0)
  lastId++
  const timer: Timer = {
    id: lastId,
    dueMs: monotonicMs() + delay,
    order: ++lastOrder,
    intervalMs: repeats ? delay : null,
    callback: callback as Callback,
    args,
    requestId: currentRequestId(),
    heapIndex: -1,
  }
  mapSet(byId, timer.id, timer)
  heap.add(timer)
  return timer.id
}

/**
 * How many turns of the microtask queue a timer's own promises get before the next timer that is due is called. A guest
 * cannot see when the queue is empty; deeper chains than this mix with the next timer.
 */
const microtaskTurns = 16

/** @returns whose work the microtasks after it are, 0 if unknown. */
export function runDueTimers(): number {
  armedForMs = null
  const nowMs = monotonicMs()
  const order = lastOrder
  const timer = nextDue(nowMs, order)
  if (timer === null) return 0
  run(timer, nowMs)
  if (nextDue(nowMs, order) === null) return timer.requestId
  void runRest(nowMs, order)
  return 0
}

async function runRest(nowMs: number, order: number): Promise<void> {
  for (;;) {
    for (let turn = 0; turn < microtaskTurns; turn++) await undefined
    const timer = nextDue(nowMs, order)
    if (timer === null) return
    run(timer, nowMs)
    setCurrentRequestId(0)
  }
}

/** Timers set since the wake-up are left for the next one, or one that sets itself again would run for ever. */
function nextDue(nowMs: number, order: number): Timer | null {
  const { first } = heap
  return first !== null && first.dueMs <= nowMs && first.order <= order ? first : null
}

function run(timer: Timer, nowMs: number): void {
  heap.remove(timer)
  if (timer.intervalMs === null) {
    mapDelete(byId, timer.id)
  } else {
    timer.dueMs = nowMs + timer.intervalMs
    timer.order = ++lastOrder
    heap.add(timer)
  }
  setCurrentRequestId(timer.requestId)
  try {
    apply(timer.callback, globalObject, timer.args)
  } catch (thrown) {
    reportUncaught(thrown)
  }
}

/** Asks the host for a wake-up when the first timer is due; once an entry, however many timers were set and cleared. */
export function armWakeUp(): void {
  const { first } = heap
  const dueMs = first === null ? null : first.dueMs
  if (dueMs === armedForMs) return
  armedForMs = dueMs
  // Whole milliseconds, or the host's timer comes a fraction too early and once more.
  wakeAfter(dueMs === null ? -1 : max(ceil(dueMs - monotonicMs()), 0))
}
