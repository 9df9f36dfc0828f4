import type { CallId } from '../model/call.ts'
import { IsoletteError } from '../model/errors.ts'
import type { CallCounts } from './call-counts.ts'
import type { CallFinder } from './call-finder.ts'
import { CommitQueue, unreadableName } from './commit-queue.ts'
import { CountChanges } from './count-changes.ts'
import { type BuiltBatch, LogBatch } from './log-batch.ts'
import type { LogClock } from './log-clock.ts'
import { callerKey, Nonces } from './log-keys.ts'
import type { LogDatabases, StoredKey } from './log-tables.ts'
import type { LogWriter } from './log-write.ts'

/** How often it is looked whether the disk takes something again. */
const retryAfterMs = 1000
/** So much of the file is mapped at most, but what one commit reads. A new thread to write takes some 40 ms of CPU. */
const maxMappedBytes = 64 * 1024 * 1024
/** By so much can the newest time on disk be older than what was written with it. */
const timeEveryMs = 1000

interface Change {
  readonly apply: (batch: LogBatch) => void
  readonly reject: (error: unknown) => void
}

export interface LogCommitsOptions {
  readonly tables: LogDatabases
  readonly finder: CallFinder
  readonly counts: CallCounts
  readonly openWriter: () => LogWriter
  /** Maps the file anew; nothing of the process may be writing it. */
  readonly remap: () => void
  readonly clock: LogClock
  /** Calls of this function were appended by a commit, and are due then. */
  readonly onSegment: (functionName: string, dueAtMs: number) => void
}

/**
 * The changes of the process that says what becomes of calls: one commit at a time. What a change does is decided when its
 * commit is made, so that it sees all that was committed before, and nothing half done.
 */
export class LogCommits {
  readonly #options: LogCommitsOptions
  readonly #queue = new CommitQueue<Change>((changes) => this.#commit(changes))
  readonly #nonces = new Nonces()
  #writer: LogWriter
  #failure: string | null = null
  #probe: NodeJS.Timeout | null = null
  #timeOnDiskMs = 0

  constructor(options: LogCommitsOptions) {
    this.#options = options
    this.#writer = options.openWriter()
  }

  /** Why the last commit failed; null = it did not. */
  get failure(): string | null {
    return this.#failure
  }

  /**
   * Resolves with what `apply` returned, when that is on disk.
   *
   * @param apply if it throws, it has changed nothing in the batch
   */
  change<T>(apply: (batch: LogBatch) => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#queue.add({
      apply: (batch) => {
        const result = apply(batch)
        batch.whenDone(() => resolve(result))
      },
      reject,
    })
    return promise
  }

  /** Writes what waits, and the time. */
  async close(): Promise<void> {
    this.#timeOnDiskMs = 0
    await this.change(() => {}).catch(() => {})
    await this.#queue.idle()
    if (this.#probe !== null) clearTimeout(this.#probe)
    await this.#writer.close()
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    const { finder, clock } = this.#options
    try {
      if (finder.readBytes >= maxMappedBytes) await this.#remap()
      finder.refresh()
    } catch (error) {
      for (const { reject } of changes) reject(this.#unreadable(error))
      return
    }
    const batch = new LogBatch(clock.nowMs(), finder, this.#nonces)
    const applied: Change[] = []
    for (const change of changes) {
      try {
        change.apply(batch)
        applied.push(change)
      } catch (error) {
        change.reject(error)
      }
    }
    try {
      this.#finish(batch, await this.#write(batch))
    } catch (error) {
      this.#fail(batch, error as IsoletteError)
      for (const { reject } of applied) reject(error)
    }
  }

  async #write(batch: LogBatch): Promise<BuiltBatch> {
    const { counts, finder, tables } = this.#options
    for (;;) {
      const built = batch.build((functionName, callerId) => this.#namesake(functionName, callerId))
      const changes = new CountChanges()
      for (const part of [batch.counts, built.appended]) {
        for (const { functionName, label, change } of part) changes.add(functionName, label, change)
      }
      const operations = [
        ...built.write.operations,
        ...counts.operations(changes),
        ...this.#timeOperations(batch),
      ]
      if (operations.length === 0) return built
      if (await this.#writer.write({ ...built.write, operations })) {
        counts.done(changes)
        return built
      }
      finder.refresh()
      const isKnown = built.write.ifAbsent.some(({ table, key }) => tables[table].doesExist(key as StoredKey))
      if (!isKnown) throw unreadableName()
    }
  }

  async #remap(): Promise<void> {
    const { openWriter, remap, finder } = this.#options
    await this.#writer.close()
    remap()
    this.#writer = openWriter()
    finder.readBytes = 0
  }

  #finish(batch: LogBatch, built: BuiltBatch): void {
    this.#failure = null
    this.#timeOnDiskMs = Math.max(this.#timeOnDiskMs, this.#nextTimeMs(batch) ?? 0)
    batch.done()
    for (const { functionName, dueAtMs } of built.segments) this.#options.onSegment(functionName, dueAtMs)
    built.settle()
  }

  #fail(batch: LogBatch, error: IsoletteError): void {
    this.noteFailure(error.message)
    // It may have been done for all that: the thread that wrote it died.
    this.#options.finder.refresh()
    this.#options.counts.reload()
    batch.failed()
  }

  /** It cannot be written, until it is seen that it can. */
  noteFailure(failure: string): void {
    this.#failure = failure
    this.#probe ??= setTimeout(() => {
      this.#probe = null
      this.#timeOnDiskMs = 0
      if (this.#failure !== null) this.change(() => {}).catch(() => {})
    }, retryAfterMs).unref()
  }

  /** What was read is as good as gone until the file can be mapped again, which the next commit tries. */
  #unreadable(cause: unknown): IsoletteError {
    const message = `Cannot read the retry log: ${(cause as Error).message}`
    this.noteFailure(message)
    return new IsoletteError('retry_log_unavailable', message, { cause })
  }

  #namesake(functionName: string, callerId: string): CallId | null {
    const id = this.#options.tables['caller-ids'].get(callerKey(functionName, callerId))
    return id === undefined ? null : (id as CallId)
  }

  #timeOperations(batch: LogBatch) {
    const value = this.#nextTimeMs(batch)
    return value === null ? [] : [{ kind: 'put', table: 'meta', key: 'time', value } as const]
  }

  #nextTimeMs({ nowMs }: LogBatch): number | null {
    return nowMs - this.#timeOnDiskMs >= timeEveryMs ? nowMs : null
  }
}
