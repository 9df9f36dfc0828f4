// The global of that name is an accessor.
import { performance } from 'node:perf_hooks'
import { entryFrame, progressIndex } from '../abi.ts'
import type { PreparedIsolate } from '../prepared-isolate.ts'
import type { EntryFrames } from './entry-frames.ts'
import { type Rejection, rejectionOf } from './rejection.ts'

/** What came out of the isolate in one go. */
export interface Slice {
  /** As `collect` returned it: hostile. Undefined if it could not be called. */
  readonly collected: unknown
  /** Rejections that nobody handled, and nobody was told. */
  readonly rejections: readonly Rejection[]
}

/**
 * How long tasks that are ready (timers that are due, messages) run on before others have their turn. Each is entered
 * by itself, for microtasks run when an entry returns, and costs a microsecond.
 */
const maxTurnMs = 5
const nextTask = String(entryFrame.nextTask)

/** Enters the isolate with what stands in `frames`, lets it run what is ready, and collects. Empties `frames`. */
export function runSlice(prepared: PreparedIsolate, frames: EntryFrames): Slice {
  const { isolate, progress } = prepared
  const thrown: unknown[] = []
  enter(prepared, frames, thrown)
  if (progress[progressIndex.hasMoreTasks] === 1) {
    const untilMs = performance.now() + maxTurnMs
    do enterWith(prepared, nextTask, '', thrown)
    while (!isolate.isDisposed && progress[progressIndex.hasMoreTasks] === 1 && performance.now() < untilMs)
  }
  let rejections = thrown.length === 0 ? none : thrown.map(rejectionOf)
  if (rejections.length > 0 && !isolate.isDisposed && progress[progressIndex.listensToRejections] === 1) {
    for (const rejection of rejections) frames.unhandledRejection(rejection)
    const thrownByListeners: unknown[] = []
    enter(prepared, frames, thrownByListeners)
    rejections = thrownByListeners.map(rejectionOf)
  }
  return { collected: isolate.isDisposed ? undefined : collect(prepared), rejections }
}

const none: readonly Rejection[] = []

function enter(prepared: PreparedIsolate, frames: EntryFrames, thrown: unknown[]): void {
  const { meta, text } = frames
  frames.clear()
  enterWith(prepared, meta, text, thrown)
}

function enterWith(prepared: PreparedIsolate, meta: string, text: string, thrown: unknown[]): void {
  try {
    prepared.enter.applySync(undefined, [meta, text])
  } catch (error) {
    // The call was made all the same: a rejection that nobody handled surfaces here.
    thrown.push(error)
  }
}

function collect(prepared: PreparedIsolate): unknown {
  try {
    return prepared.collect.applySync()
  } catch {
    // It ran, but what it returned is lost: as good as frames that cannot be read.
    return undefined
  }
}
