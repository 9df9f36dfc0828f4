import { monotonicMs } from '../host.ts'
import { currentRequestId, setCurrentRequestId } from '../invocation/current-request.ts'
import { reportUncaught } from '../invocation/report-uncaught.ts'
import { apply, globalObject, Map, mapDelete, mapGet, mapSet, max, TypeError } from '../primordials.ts'
import { type HeapItem, TimerHeap } from './timer-heap.ts'

type Callback = (...args: unknown[]) => unknown

export interface Timer extends HeapItem {
  /** 0 = nobody can clear it by its id. */
  readonly id: number
  dueMs: number
  order: number
  /** null = only once. */
  readonly intervalMs: number | null
  readonly callback: Callback
  readonly args: unknown[]
  readonly requestId: number
  /** How many timers set one another until this one came. */
  nesting: number
}

const heap = new TimerHeap<Timer>()
const byId = new Map<number, Timer>()
let lastId = 0
let lastOrder = 0
/** Of the timer that is running, its promises included. */
let nesting = 0

/** HTML's: timers that set one another without end are held back. */
const freeNesting = 5
const nestedMinMs = 4

/** Runs `callback` once, `delayMs` from now at the earliest. */
export function setTimeout(callback: Callback, delayMs?: number, ...args: unknown[]): number {
  return add(callback, delayMs, args, false)
}

/** Runs `callback` every `delayMs`. */
export function setInterval(callback: Callback, delayMs?: number, ...args: unknown[]): number {
  return add(callback, delayMs, args, true)
}

export function clearTimeout(id?: number): void {
  // As Web IDL converts it: to a whole number.
  const timer = mapGet(byId, (id as number) | 0)
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
  const delay = clamp(max((delayMs as number) | 0, 0), nesting)
  lastId++
  const timer = newTimer(lastId, delay, repeats, callback as Callback, args)
  mapSet(byId, timer.id, timer)
  heap.add(timer)
  return timer.id
}

function newTimer(id: number, delayMs: number, repeats: boolean, callback: Callback, args: unknown[]): Timer {
  return {
    id,
    dueMs: monotonicMs() + delayMs,
    order: ++lastOrder,
    intervalMs: repeats ? delayMs : null,
    callback,
    args,
    requestId: currentRequestId(),
    nesting: nesting + 1,
    heapIndex: -1,
  }
}

function clamp(delayMs: number, level: number): number {
  return level > freeNesting && delayMs < nestedMinMs ? nestedMinMs : delayMs
}

/** A timer with its place in the order of all, which comes only while it is armed. `callback` must not throw. */
export function reserveTimer(delayMs: number, callback: () => void): Timer {
  return newTimer(0, delayMs, false, callback, [])
}

export function armTimer(timer: Timer): void {
  if (timer.heapIndex === -1) heap.add(timer)
}

export function disarmTimer(timer: Timer): void {
  heap.remove(timer)
}

/** Null = there is no timer. */
export function firstDueMs(): number | null {
  const { first } = heap
  return first === null ? null : first.dueMs
}

export function lastTimerOrder(): number {
  return lastOrder
}

/** The first that is due at `nowMs`, unless it was set after that with `order`. */
export function dueTimer(nowMs: number, order: number): Timer | null {
  const { first } = heap
  return first !== null && first.dueMs <= nowMs && first.order <= order ? first : null
}

export function runTimer(timer: Timer, nowMs: number): void {
  heap.remove(timer)
  nesting = timer.nesting
  if (timer.intervalMs === null) {
    mapDelete(byId, timer.id)
  } else {
    timer.dueMs = nowMs + clamp(timer.intervalMs, timer.nesting)
    timer.nesting++
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

/** What is set from now on is not the doing of a timer. */
export function leaveTimer(): void {
  nesting = 0
}
