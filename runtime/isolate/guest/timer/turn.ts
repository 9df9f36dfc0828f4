import { monotonicMs, noteMoreTasks, wakeAfter } from '../host.ts'
import { setCurrentRequestId } from '../invocation/current-request.ts'
import { ceil, max } from '../primordials.ts'
import { takeTask, taskCount } from './task-queue.ts'
import { dueTimer, firstDueMs, lastTimerOrder, leaveTimer, runTimer } from './timers.ts'

/** When the host will wake us, null = never. */
let armedForMs: number | null = null
/** In place of a time: in the host's next turn. */
const atOnce = -1
/**
 * What a turn runs: the tasks that waited when it began, then the timers that were due. Those that come later are left
 * for the next turn: one that sets itself again would else run for ever.
 */
let tasksLeft = 0
let turnMs = 0
let turnOrder = 0
/** Counts entries: what runs between two changes of it is one task with its promises. */
let entries = 0

export function entryCount(): number {
  return entries
}

/** To be called when the host enters. */
export function noteEntry(): void {
  entries++
  leaveTimer()
}

/** Runs the first task of a turn. @returns whose work it and the microtasks after it are, 0 if unknown. */
export function beginTurn(): number {
  armedForMs = null
  tasksLeft = taskCount()
  turnMs = monotonicMs()
  turnOrder = lastTimerOrder()
  return runNext()
}

/**
 * Runs the next task of the turn. The host enters for each by itself: only when an entry returns are the promises of
 * a task done, which the next one may count on. @returns whose work it is, 0 if unknown.
 */
export function runNext(): number {
  const requestId = runOne()
  noteMoreTasks(tasksLeft > 0 || dueTimer(turnMs, turnOrder) !== null)
  return requestId
}

function runOne(): number {
  if (tasksLeft > 0) {
    tasksLeft--
    const task = takeTask()
    setCurrentRequestId(task.requestId)
    task.run()
    return task.requestId
  }
  const timer = dueTimer(turnMs, turnOrder)
  if (timer === null) return 0
  runTimer(timer, turnMs)
  return timer.requestId
}

/** Asks the host for a wake-up when something is to run; once an entry, however many timers were set and cleared. */
export function armWakeUp(): void {
  const dueMs = taskCount() > 0 ? atOnce : firstDueMs()
  if (dueMs === armedForMs) return
  armedForMs = dueMs
  // Whole milliseconds, or the host's timer comes a fraction too early and once more.
  wakeAfter(dueMs === null ? -1 : dueMs === atOnce ? 0 : max(ceil(dueMs - monotonicMs()), 0))
}
