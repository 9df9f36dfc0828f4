import type { AbortSignal } from '../event/abort-signal.ts'
import { toDictionary } from '../language/web-idl.ts'
import { TypeError } from '../primordials.ts'
import { type PipeRules, pipe } from './pipe.ts'
import { markHandled } from './promise-steps.ts'
import { checkUnlocked, type ReadableState } from './readable-state.ts'
import { type ReadableStream, readableStateOf } from './readable-stream.ts'
import { writableStateOf } from './writable-stream.ts'

export interface PipeOptions {
  readonly preventAbort?: unknown
  readonly preventCancel?: unknown
  readonly preventClose?: unknown
  readonly signal?: unknown
}

interface ReadableWritablePair {
  readonly readable?: unknown
  readonly writable?: unknown
}

/** @throws TypeError if the arguments are none that Web IDL allows, or one of the streams is locked. */
export function pipeTo(
  source: ReadableState,
  destination: unknown,
  options: PipeOptions | undefined,
): Promise<undefined> {
  const target = writableStateOf(destination)
  const rules = readRules(options)
  checkUnlocked(source, 'pipe')
  checkUnlocked(target, 'pipe')
  return pipe(source, target, rules)
}

/** @throws TypeError if the arguments are none that Web IDL allows, or one of the streams is locked. */
export function pipeThrough(
  source: ReadableState,
  pair: ReadableWritablePair,
  options: PipeOptions | undefined,
): ReadableStream {
  const { readable } = toDictionary(pair)
  readableStateOf(readable)
  const { writable } = pair
  markHandled(pipeTo(source, writable, options))
  return readable as ReadableStream
}

function readRules(options: PipeOptions | undefined): PipeRules {
  const given = toDictionary(options)
  const preventsAbort = !!given.preventAbort
  const preventsCancel = !!given.preventCancel
  const preventsClose = !!given.preventClose
  const { signal } = given
  if (signal !== undefined && !require('../event/abort-signal.ts').isSignal(signal))
    throw new TypeError('Cannot pipe: signal must be an AbortSignal')
  return { preventsAbort, preventsCancel, preventsClose, signal: signal as AbortSignal | undefined }
}
