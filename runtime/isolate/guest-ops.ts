import type { LogLevel } from '../model/invocation.ts'
import { fixedLimits } from '../model/limits.ts'
import { AsyncOps } from './async-ops.ts'
import type { EntryFrames } from './entry-frames.ts'
import type { InstanceContext } from './instance-context.ts'
import { MemoryBudget, MemoryShare } from './memory-budget.ts'
import { exactBuffer, type OpTarget } from './op-calls.ts'
import { outboundFetch } from './outbound-fetch.ts'
import { OutboundQueue } from './outbound-queue.ts'
import { ownCopy } from './own-copy.ts'
import type { Pending } from './pending.ts'

/** The instance, as its ops see it. */
export interface OpOwner {
  pending(requestId: number): Pending | undefined
  /** Whose work the running entry is, if the guest could not say: the first of those who share it. */
  entryOwner(): Pending | undefined
  /** Something is ready to be told to the guest. */
  onCompletion(): void
}

/** Most units of an outbound request's URL and headers: the host reads them at one go. */
const maxFetchHeadUnits = 256 * 1024
/** setTimeout's own bound. */
const maxTimerMs = 2 ** 31 - 1

/** What one instance's guest has asked of the host and not been given yet. */
export class GuestOps implements OpTarget {
  readonly #owner: OpOwner
  readonly #context: InstanceContext
  readonly #beganAtMs: number
  readonly #async: AsyncOps
  /** For all bodies of outbound requests, both ways. */
  readonly #memory: MemoryBudget
  #timer: NodeJS.Timeout | null = null
  #isTimerDue = false
  #isClosed = false

  /** `memoryMiB` = what its outbound requests may hold of the host's memory, all together. */
  constructor(owner: OpOwner, context: InstanceContext, memoryMiB: number) {
    this.#owner = owner
    this.#async = new AsyncOps(() => owner.onCompletion())
    this.#memory = new MemoryBudget(memoryMiB * 2 ** 20)
    this.#context = context
    this.#beganAtMs = context.nowMs()
  }

  /** Whether anything may still wake the guest. If not, what it has not answered it never will. */
  get isAwaited(): boolean {
    return this.#async.isAwaited || this.#timer !== null || this.#isTimerDue
  }

  get hasCompletions(): boolean {
    return this.#async.hasCompletions || this.#isTimerDue
  }

  /** Writes what is ready; `charge` is told whose work it is, undefined = the whole instance's. */
  writeCompletions(frames: EntryFrames, charge: (owner: Pending | undefined) => void): void {
    if (this.#isTimerDue) {
      this.#isTimerDue = false
      frames.timersDue()
      charge(undefined)
    }
    this.#async.writeCompletions(frames, charge)
  }

  bodyOf(requestId: number): Uint8Array | null {
    const pending = this.#owner.pending(requestId)
    if (pending === undefined) return null
    const { body } = pending
    pending.body = null
    return body
  }

  giveBytes(requestId: number, bytes: Uint8Array): void {
    const pending = this.#owner.pending(requestId)
    if (pending !== undefined && bytes.byteLength <= fixedLimits.maxResponseBodyBytes)
      pending.responseBytes = bytes
  }

  log(requestId: number, level: LogLevel, text: string): void {
    const pending = this.#owner.pending(requestId) ?? this.#owner.entryOwner()
    if (pending === undefined) return
    const { usage } = pending.invocation
    const room = fixedLimits.maxLogBytesPerInvocation - usage.logBytes
    // UTF-16 units stand for bytes: a cap, not a measure.
    const kept = text.length <= room ? text : ownCopy(text.slice(0, Math.max(room, 0)))
    usage.droppedLogBytes += text.length - kept.length
    if (kept === '' && text !== '') return
    usage.logBytes += kept.length + logLineCost
    usage.logLines.push({ timeMs: this.#context.wallMs(), level, text: kept })
  }

  monotonicMs(): number {
    return this.#context.nowMs() - this.#beganAtMs
  }

  wakeAfter(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (!(delayMs >= 0) || this.#isClosed) return
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        this.#isTimerDue = true
        this.#owner.onCompletion()
      },
      Math.min(delayMs, maxTimerMs),
    )
  }

  fetch(opId: number, requestId: number, json: string, body: Uint8Array | null): void {
    const owner = this.#owner.pending(requestId) ?? this.#owner.entryOwner()
    const controller = new AbortController()
    if (!this.#async.begin(opId, owner, () => controller.abort())) return
    const allowed = owner?.invocation.target.manifest.limits.subrequests ?? 0
    if (owner === undefined || ++owner.subrequests > allowed) {
      const problem = `${allowed} subrequests were made, limits.subrequests allows no more`
      this.#async.reject(opId, `Cannot fetch: ${problem}`)
      return
    }
    if (json.length > maxFetchHeadUnits) {
      const problem = `URL and headers of ${json.length} characters, must be at most ${maxFetchHeadUnits}`
      this.#async.reject(opId, `Cannot fetch: ${problem}`)
      return
    }
    const share = new MemoryShare(this.#memory)
    if (!share.hold(body?.byteLength ?? 0)) {
      const problem = 'what the instance sends and receives must fit into limits.memoryMiB'
      this.#async.reject(opId, `Cannot fetch: ${problem}`)
      return
    }
    const { signal } = controller
    const { userAgent, outbound } = this.#context
    const { functionName, settings } = owner.invocation.target
    owner.outbound ??= new OutboundQueue()
    const answer = owner.outbound.run(signal, () =>
      outbound.use(functionName, settings.egress, (client) =>
        outboundFetch(client, { json, body }, { signal, userAgent, share }),
      ),
    )
    answer.then(
      ({ head, body }) => this.#async.resolve(opId, head, body, share),
      (error: unknown) => {
        share.release()
        this.#async.reject(opId, error instanceof Error ? error.message : 'unknown reason')
      },
    )
  }

  cancel(opId: number): void {
    this.#async.cancel(opId)
  }

  takeBytes(opId: number): ArrayBuffer {
    const bytes = this.#async.takeBytes(opId)
    return bytes === undefined ? new ArrayBuffer(0) : exactBuffer(bytes)
  }

  /** The request was settled without the guest: its signal aborts. */
  abort(pending: Pending, reason: string): void {
    this.#async.tell(undefined, (frames) => frames.abort(pending.requestId, reason))
  }

  /** Gives everything up. */
  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#isTimerDue = false
    this.#async.close()
  }
}

/** What an empty line costs of the log's cap, so that a million of them end too. */
const logLineCost = 32
