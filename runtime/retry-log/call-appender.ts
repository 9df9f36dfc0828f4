import type { CallId, CallStatus } from '../model/call.ts'
import { CallFinder } from './call-finder.ts'
import { CommitQueue, unreadableName } from './commit-queue.ts'
import { CountSeries } from './count-series.ts'
import { joinLogClock, type LogClock, monotonicMs } from './log-clock.ts'
import { joinLogFile, logFile } from './log-file.ts'
import { callerKey, Nonces } from './log-keys.ts'
import type { LogStore } from './log-tables.ts'
import type { LogWriter } from './log-write.ts'
import { createLogWriter } from './log-writer.ts'
import type { Appended, CallAppender, NewCall } from './retry-log.ts'
import { type PackedCall, packCall, packSegments } from './segment-packer.ts'

export interface CallAppenderOptions {
  readonly dataDir: string
  /** What the process that opened the log says: `EmbeddedRetryLog.clockOffsetMs`. */
  readonly offsetMs: number
  /** As `monotonicMs` counts. */
  readonly monotonicMs?: () => number
}

/** An appender that has to be closed. */
export interface OpenCallAppender extends CallAppender {
  /** Resolves when what was to be appended is on disk, or refused. */
  close(): Promise<void>
}

/**
 * Accepts calls into the log of a data directory that another process has opened. Nothing is opened, and no thread started,
 * before it is used: most processes that could accept calls never do.
 */
export function openCallAppender(options: CallAppenderOptions): OpenCallAppender {
  return new EmbeddedCallAppender(options)
}

interface Waiting {
  readonly call: PackedCall
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

class EmbeddedCallAppender implements OpenCallAppender {
  readonly #dataDir: string
  readonly #clock: LogClock
  readonly #queue = new CommitQueue<Waiting>((waiting) => this.#commit(waiting))
  readonly #nonces = new Nonces()
  readonly #series = new CountSeries()
  #writer: LogWriter | null = null
  #store: LogStore | null = null

  constructor(options: CallAppenderOptions) {
    this.#dataDir = options.dataDir
    this.#clock = joinLogClock(options.offsetMs, options.monotonicMs ?? monotonicMs)
  }

  append(call: NewCall): Promise<Appended> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended>()
    this.#queue.add({ call: packCall(call), resolve, reject })
    return promise
  }

  async get(id: CallId): Promise<CallStatus | null> {
    return new CallFinder(this.#opened(), logFile(this.#dataDir)).status(id)
  }

  async close(): Promise<void> {
    await this.#queue.idle()
    await this.#writer?.close()
    await this.#store?.root.close()
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    let left = waiting
    try {
      left = this.#withoutDuplicates(left)
      while (left.length > 0 && !(await this.#write(left))) {
        const known = left.length
        left = this.#withoutDuplicates(left)
        if (left.length === known) throw unreadableName()
      }
    } catch (error) {
      this.#series.renew()
      for (const { reject } of left) reject(error)
    }
  }

  /** False = meanwhile another process has appended a call that has one of the callers' names. */
  async #write(waiting: readonly Waiting[]): Promise<boolean> {
    this.#writer ??= createLogWriter({ file: logFile(this.#dataDir) })
    const nowMs = this.#clock.nowMs()
    const packed = packSegments(
      waiting.map(({ call }) => call),
      nowMs,
      this.#nonces,
    )
    const operations = [...packed.operations, ...this.#series.operations(packed.counts)]
    if (!(await this.#writer.write({ ifAbsent: packed.ifAbsent, operations }))) return false
    this.#series.done(packed.counts)
    for (const [index, { resolve }] of waiting.entries()) {
      resolve({ kind: 'appended', id: packed.ids[index]!, enqueuedAtMs: nowMs })
    }
    return true
  }

  /** Tells the duplicates what they are. One of a call that is to be written itself waits for that. */
  #withoutDuplicates(waiting: readonly Waiting[]): Waiting[] {
    const named = waiting.filter(({ call }) => call.callerId !== null)
    if (named.length === 0) return [...waiting]
    const { root, tables } = this.#opened()
    root.resetReadTxn()
    const left: Waiting[] = []
    const seen = new Set<string>()
    for (const one of waiting) {
      const { functionName, callerId } = one.call
      const id = callerId === null ? undefined : tables['caller-ids'].get(callerKey(functionName, callerId))
      const name = `${functionName}:${callerId}`
      if (id !== undefined) one.resolve({ kind: 'duplicate', id: id as CallId })
      else if (callerId !== null && seen.has(name)) this.#queue.add(one)
      else left.push(one)
      seen.add(name)
    }
    return left
  }

  #opened(): LogStore {
    this.#store ??= joinLogFile(this.#dataDir)
    return this.#store
  }
}
