import type { LogLevel } from '../model/invocation.ts'
import { fixedLimits } from '../model/limits.ts'
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

interface Completion {
  /** Who is charged for what the guest does with it. */
  readonly owner: Pending | undefined
  write(frames: EntryFrames): void
}

interface Fetched {
  readonly body: Uint8Array
  readonly share: MemoryShare
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
  readonly #open = new Map<number, AbortController>()
  readonly #fetched = new Map<number, Fetched>()
  /** For all bodies of outbound requests, both ways. */
  readonly #memory: MemoryBudget
  #completions: Completion[] = []
  #timer: NodeJS.Timeout | null = null
  #isTimerDue = false
  #isClosed = false

  /** `memoryMiB` = what its outbound requests may hold of the host's memory, all together. */
  constructor(owner: OpOwner, context: InstanceContext, memoryMiB: number) {
    this.#owner = owner
    this.#memory = new MemoryBudget(memoryMiB * 2 ** 20)
    this.#context = context
    this.#beganAtMs = context.nowMs()
  }

  /** Whether anything may still wake the guest. If not, what it has not answered it never will. */
  get isAwaited(): boolean {
    return this.#open.size > 0 || this.#timer !== null || this.hasCompletions
  }

  get hasCompletions(): boolean {
    return this.#completions.length > 0 || this.#isTimerDue
  }

  /** Writes what is ready; `charge` is told whose work it is, undefined = the whole instance's. */
  writeCompletions(frames: EntryFrames, charge: (owner: Pending | undefined) => void): void {
    if (this.#isTimerDue) {
      this.#isTimerDue = false
      frames.timersDue()
      charge(undefined)
    }
    const completions = this.#completions
    this.#completions = []
    for (const completion of completions) {
      completion.write(frames)
      charge(completion.owner)
    }
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
    const allowed = owner?.invocation.target.manifest.limits.subrequests ?? 0
    if (owner === undefined || ++owner.subrequests > allowed) {
      this.#reject(
        opId,
        owner,
        `Cannot fetch: ${allowed} subrequests were made, limits.subrequests allows no more`,
      )
      return
    }
    if (json.length > maxFetchHeadUnits) {
      const problem = `URL and headers of ${json.length} characters, must be at most ${maxFetchHeadUnits}`
      this.#reject(opId, owner, `Cannot fetch: ${problem}`)
      return
    }
    const share = new MemoryShare(this.#memory)
    if (!share.hold(body?.byteLength ?? 0)) {
      this.#reject(
        opId,
        owner,
        'Cannot fetch: what the instance sends and receives must fit into limits.memoryMiB',
      )
      return
    }
    const controller = new AbortController()
    this.#open.set(opId, controller)
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
      ({ head, body }) => {
        if (!this.#open.delete(opId)) {
          share.release()
          return
        }
        this.#fetched.set(opId, { body, share })
        this.#complete({ owner, write: (frames) => frames.opResolved(opId, head) })
      },
      (error: unknown) => {
        share.release()
        if (!this.#open.delete(opId)) return
        this.#reject(opId, owner, error instanceof Error ? error.message : 'unknown reason')
      },
    )
  }

  cancel(opId: number): void {
    const controller = this.#open.get(opId)
    this.#open.delete(opId)
    this.#take(opId)
    controller?.abort()
  }

  takeBytes(opId: number): ArrayBuffer {
    const body = this.#take(opId)
    return body === undefined ? new ArrayBuffer(0) : exactBuffer(body)
  }

  #take(opId: number): Uint8Array | undefined {
    const fetched = this.#fetched.get(opId)
    this.#fetched.delete(opId)
    fetched?.share.release()
    return fetched?.body
  }

  /** The request was settled without the guest: its signal aborts. */
  abort(pending: Pending, reason: string): void {
    this.#complete({ owner: undefined, write: (frames) => frames.abort(pending.requestId, reason) })
  }

  /** Gives everything up. */
  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#isTimerDue = false
    this.#completions = []
    this.#fetched.clear()
    for (const controller of this.#open.values()) controller.abort()
    this.#open.clear()
  }

  #reject(opId: number, owner: Pending | undefined, message: string): void {
    this.#complete({ owner, write: (frames) => frames.opRejected(opId, message) })
  }

  #complete(completion: Completion): void {
    if (this.#isClosed) return
    this.#completions.push(completion)
    this.#owner.onCompletion()
  }
}

/** What an empty line costs of the log's cap, so that a million of them end too. */
const logLineCost = 32
