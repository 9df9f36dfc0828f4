/** Something to do in a turn of its own, with its own promises: a message that arrives. */
export interface Task {
  /** Whose work it is, 0 = unknown. */
  readonly requestId: number
  /** Must not throw. */
  readonly run: () => void
  /** Kept by the queue. */
  next: Task | null
}

let first: Task | null = null
let last: Task | null = null
let queued = 0

/** Runs `run` in a later turn, in order. The instance is not at its end as long as one waits. */
export function queueTask(requestId: number, run: () => void): void {
  const task: Task = { requestId, run, next: null }
  if (last === null) first = task
  else last.next = task
  last = task
  queued++
}

export function taskCount(): number {
  return queued
}

/** There must be one. */
export function takeTask(): Task {
  const task = first!
  first = task.next
  if (first === null) last = null
  queued--
  return task
}
