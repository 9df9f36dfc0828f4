import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Packr } from 'msgpackr'
import { IsoletteError } from '../model/errors.ts'
import { storageFailure } from '../storage/storage-failure.ts'
import { logTables, type StoredKey } from './log-tables.ts'
import type { LogWrite, LogWriter } from './log-write.ts'
import { guardWriter } from './log-writer-guard.ts'
import {
  type CommitReply,
  maxGroupBytes,
  type PackedWrite,
  type WriteFailure,
  type WriterThreadData,
} from './log-writer-messages.ts'

// A thread takes 10 MiB, and what the disk has to take in is the same a second later.
const restartAfterMs = 1000

// What an operation takes besides its value, when it is unpacked.
const keyBytes = 256

interface LogWriterOptions {
  /** The log's LMDB file, which is there. */
  readonly file: string
  /** Milliseconds on a clock that does not jump; decides when a thread that died has a successor. */
  readonly nowMs?: () => number
}

interface Waiting {
  readonly resolve: (isDone: boolean) => void
  readonly reject: (error: IsoletteError) => void
}

/**
 * A writer to the log's file. Its thread is started by the first write and ended by `close`; between, it keeps the process
 * from ending only while a write waits. If it dies, the writes that wait are refused (they may have been done or not), and
 * so is each of the next second, after which there is another one.
 */
export function createLogWriter(options: LogWriterOptions): LogWriter {
  return new ThreadedLogWriter(options.file, options.nowMs ?? (() => performance.now()))
}

class ThreadedLogWriter implements LogWriter {
  readonly #file: string
  readonly #nowMs: () => number
  // As LMDB's own decoder is set for these tables.
  readonly #packr = new Packr({ useRecords: false })
  #thread: Worker | null = null
  /** Why the last thread died, and when. */
  #death: { readonly error: IsoletteError; readonly atMs: number } | null = null
  /** What is not sent yet. */
  #gathered: PackedWrite[] = []
  #gatheredBytes = 0
  /** Sent or gathered, in the order of the writes. */
  #waiting: Waiting[] = []
  #isSent = false
  #closing: Promise<void> | null = null

  constructor(file: string, nowMs: () => number) {
    this.#file = file
    this.#nowMs = nowMs
  }

  async write(write: LogWrite): Promise<boolean> {
    const packed = this.#pack(write)
    const thread = this.#livingThread()
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    if (this.#waiting.length === 0) thread.ref()
    this.#waiting.push({ resolve, reject })
    if (this.#gathered.length === 0) this.#sendSoon()
    this.#gathered.push(packed)
    for (const operation of packed[1]) this.#gatheredBytes += keyBytes + (operation[2]?.byteLength ?? 0)
    if (this.#gatheredBytes >= maxGroupBytes) this.#send()
    return promise
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    const thread = this.#thread
    if (thread === null) return
    this.#send()
    thread.ref()
    thread.postMessage(null)
    await new Promise((resolve) => thread.once('exit', resolve))
  }

  #pack({ ifAbsent, operations }: LogWrite): PackedWrite {
    return [
      ifAbsent.map(({ table, key }) => [table, key as StoredKey]),
      operations.map((operation) => {
        const { table } = operation
        const key = operation.key as StoredKey
        if (operation.kind === 'remove') return [table, key]
        const isBytes = logTables[table] === 'bytes'
        return [table, key, isBytes ? (operation.value as Uint8Array) : this.#packr.pack(operation.value)]
      }),
    ]
  }

  /** At once if the thread has nothing to do, else with all that this turn of the event loop brings. */
  #sendSoon(): void {
    if (this.#isSent) setImmediate(() => this.#send())
    else queueMicrotask(() => this.#send())
  }

  #send(): void {
    if (this.#gathered.length === 0 || this.#thread === null) return
    // A copy: what the packer returns lies in memory that it goes on using.
    const bytes = Uint8Array.prototype.slice.call(this.#packr.pack(this.#gathered))
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#isSent = true
    this.#thread.postMessage(bytes, [bytes.buffer])
  }

  /** @throws IsoletteError `retry_log_unavailable` */
  #livingThread(): Worker {
    if (this.#closing !== null) throw this.#unavailable(new Error('it is closed'))
    if (this.#thread !== null) return this.#thread
    if (this.#death !== null && this.#nowMs() - this.#death.atMs < restartAfterMs) throw this.#death.error
    this.#thread = this.#start()
    return this.#thread
  }

  #start(): Worker {
    const guard = guardWriter()
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
    const thread = new Worker(new URL(`./log-writer-thread${extension}`, import.meta.url), {
      name: 'retry-log',
      workerData: { file: this.#file, guard: guard.words } satisfies WriterThreadData,
      // Not the process's: what it imports first, or how its script is to be read, is not meant for this one.
      execArgv: [],
      // The young ones are what it takes; the old ones only bound it, and far above what two groups can be.
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 2 },
    })
    let fault: unknown = null
    thread.unref()
    thread.on('message', (reply: CommitReply) => this.#settle(reply))
    thread.on('error', (error) => {
      fault = error
    })
    thread.on('exit', () => {
      guard.release()
      this.#bury(fault)
    })
    return thread
  }

  #settle({ results, failure }: CommitReply): void {
    const settled = this.#waiting.splice(0, results.length)
    this.#isSent = this.#waiting.length > this.#gathered.length
    if (this.#waiting.length === 0 && this.#closing === null) this.#thread?.unref()
    if (failure !== null) {
      const error = this.#unavailable(asError(failure))
      for (const { reject } of settled) reject(error)
      return
    }
    for (const [index, { resolve, reject }] of settled.entries()) {
      const result = results[index]!
      if (typeof result === 'boolean') resolve(result)
      else reject(this.#unavailable(asError(result)))
    }
  }

  #bury(fault: unknown): void {
    this.#thread = null
    if (this.#closing !== null && this.#waiting.length === 0) return
    const error = this.#unavailable(fault ?? new Error('its thread has ended'))
    this.#death = { error, atMs: this.#nowMs() }
    const lost = this.#waiting
    this.#waiting = []
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#isSent = false
    for (const { reject } of lost) reject(error)
  }

  #unavailable(cause: unknown): IsoletteError {
    const { message } = storageFailure(`write the retry log ${this.#file}`, dirname(this.#file), cause)
    return new IsoletteError('retry_log_unavailable', message, { details: { file: this.#file }, cause })
  }
}

function asError({ code, message }: WriteFailure): Error {
  return Object.assign(new Error(message), { code })
}
