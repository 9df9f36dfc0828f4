import { ByteBudget } from '../../model/byte-budget.ts'
import type { ByteSource } from '../../model/byte-source.ts'
import type { LogLevel } from '../../model/invocation.ts'
import { fixedLimits, type Limits } from '../../model/limits.ts'
import type { FailedOutcome, GuestError } from '../../model/outcome.ts'
import type { VersionManifest } from '../../model/version.ts'
import type { Hook } from '../abi.ts'
import { WorkAccounts } from '../host-work/work-accounts.ts'
import type { EntryFrames } from '../instance/entry-frames.ts'
import type { InstanceContext } from '../instance/instance-context.ts'
import type { Pending } from '../instance/pending.ts'
import type { LayerFiles } from '../layers/layer-files.ts'
import { GuestFetches } from '../outbound/guest-fetches.ts'
import { type SubtleOp, WebCrypto } from '../web-crypto/web-crypto.ts'
import { AsyncOps } from './async-ops.ts'
import { GuestCodecs } from './guest-codecs.ts'
import { type EnqueueOp, GuestEnqueues } from './guest-enqueues.ts'
import { GuestSinks, type SinkEnd } from './guest-sinks.ts'
import { GuestSources } from './guest-sources.ts'
import { LayerReads } from './layer-reads.ts'
import { type OpTarget, ownBuffer } from './op-calls.ts'
import { ownCopy } from './own-copy.ts'
import { StreamIds } from './stream-ids.ts'
import type { CompressionFormat } from './zlib-codec.ts'

/** The instance, as its ops see it. */
export interface OpOwner {
  pending(requestId: number): Pending | undefined
  /** Whose work the running entry is, if the guest could not say: the first of those who share it. */
  entryOwner(): Pending | undefined
  /** All that run in it. */
  all(): Iterable<Pending>
  /** Something is ready to be told to the guest. */
  onCompletion(): void
  /** Something was written to the console while no request ran. */
  onUnownedLog(level: LogLevel, text: string): void
}

/** What is entered: a version, or layers that wait for one. */
export interface OpSubject extends Pick<VersionManifest, 'versionId'> {
  readonly limits: Pick<Limits, 'memoryMiB'>
}

/** setTimeout's own bound. */
const maxTimerMs = 2 ** 31 - 1

/** What one instance's guest has asked of the host and not been given yet. */
export class GuestOps implements OpTarget {
  #owner: OpOwner
  readonly #context: InstanceContext
  readonly #beganAtMs: number
  readonly #async: AsyncOps
  readonly #sources: GuestSources
  readonly #sinks: GuestSinks
  readonly #codecs: GuestCodecs
  readonly #fetches: GuestFetches
  readonly #enqueues: GuestEnqueues
  /** For all that the host holds for the guest. */
  readonly #memory: ByteBudget
  #accounts: WorkAccounts
  #layers: LayerReads | null
  /** Made when it is first used. */
  #crypto: WebCrypto | null = null
  #timer: NodeJS.Timeout | null = null
  #isTimerDue = false
  #isClosed = false

  /** `files`: of the layers, null = there are none. */
  constructor(owner: OpOwner, context: InstanceContext, subject: OpSubject, files: LayerFiles | null) {
    this.#owner = owner
    this.#async = new AsyncOps(() => this.#owner.onCompletion())
    // As much as its heap may be, besides.
    this.#memory = new ByteBudget(subject.limits.memoryMiB * 2 ** 20)
    this.#accounts = new WorkAccounts(subject)
    this.#layers = files === null ? null : new LayerReads(files, subject.limits.memoryMiB)
    const ids = new StreamIds()
    this.#sources = new GuestSources(ids, this.#async, this.#memory)
    this.#sinks = new GuestSinks(ids, this.#async, this.#memory)
    this.#codecs = new GuestCodecs(ids, this.#memory)
    this.#fetches = new GuestFetches(this.#async, this.#sources, this.#memory, context)
    this.#enqueues = new GuestEnqueues(this.#async, this.#memory, context.enqueue)
    this.#context = context
    this.#beganAtMs = context.nowMs()
  }

  /** From now on it is an instance's: what was begun before goes on. */
  handOver(owner: OpOwner, subject: OpSubject, files: LayerFiles | null): void {
    this.#owner = owner
    this.#accounts = new WorkAccounts(subject)
    this.#layers = files === null ? null : new LayerReads(files, subject.limits.memoryMiB)
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

  /** The request begins: what the `body` field of its frame says, see `abi.ts`. */
  openBody(pending: Pending): number {
    const { event } = pending.invocation
    if (event.kind !== 'http' || event.body === null) return -1
    return event.body instanceof Uint8Array ? 0 : this.#sources.open(event.body, pending)
  }

  giveBytes(requestId: number, bytes: Uint8Array): void {
    const pending = this.#owner.pending(requestId)
    if (pending !== undefined && bytes.byteLength <= fixedLimits.maxResponseBodyBytes)
      pending.responseBytes = bytes
  }

  log(requestId: number, level: LogLevel, text: string, dropped: number): void {
    const pending = this.#owner.pending(requestId) ?? this.#owner.entryOwner()
    if (pending === undefined) {
      this.#owner.onUnownedLog(level, text)
      return
    }
    const { usage } = pending.invocation
    const room = fixedLimits.maxLogBytesPerInvocation - usage.logBytes
    // UTF-16 units stand for bytes: a cap, not a measure.
    const kept = text.length <= room ? text : ownCopy(text.slice(0, Math.max(room, 0)))
    usage.droppedLogBytes += text.length - kept.length + dropped
    if (kept === '' && text !== '') return
    usage.logBytes += kept.length + logLineCost
    usage.logLines.push({ timeMs: this.#context.wallMs(), level, text: kept })
  }

  /** A promise that a request gave to `waitUntil` was rejected. The first is what became of it, others are logged. */
  rejected(requestId: number, error: GuestError): void {
    const pending = this.#owner.pending(requestId)
    if (pending === undefined) return
    if (pending.lateFailure === null) pending.lateFailure = { kind: 'exception', error }
    else this.log(requestId, 'error', `Unhandled rejection: ${error.stack}`, 0)
  }

  monotonicMs(): number {
    return this.#context.nowMs() - this.#beganAtMs
  }

  wakeAfter(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#isTimerDue = false
    if (!(delayMs >= 0) || this.#isClosed) return
    if (delayMs === 0) {
      // In the next turn of the event loop: Node's own timers take a millisecond at least.
      this.#isTimerDue = true
      this.#owner.onCompletion()
      return
    }
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        this.#isTimerDue = true
        this.#owner.onCompletion()
      },
      Math.min(delayMs, maxTimerMs),
    )
  }

  /** `body` may be the id of a sink, or of a stream that is handed on. */
  fetch(opId: number, requestId: number, json: string, body: Uint8Array | number | null): void {
    const owner = this.#owner.pending(requestId) ?? this.#owner.entryOwner()
    const content =
      typeof body === 'number' ? (this.#sinks.claimUpload(body) ?? this.#sources.handOn(body)) : body
    if (content === null && body !== null) this.#fetches.refuse(opId, owner, 'its body was read before')
    else this.#fetches.begin(opId, owner, { json, body: content })
  }

  enqueue(opId: number, requestId: number, call: EnqueueOp): void {
    const asking = this.#owner.pending(requestId)
    const depth = callDepth(asking === undefined ? this.#owner.all() : [asking])
    this.#enqueues.begin(opId, asking ?? this.#owner.entryOwner(), { ...call, depth: depth + 1 })
  }

  cancel(opId: number): void {
    this.#async.cancel(opId)
  }

  takeBytes(opId: number): Uint8Array {
    return this.#async.takeBytes(opId) ?? new Uint8Array()
  }

  subtle(requestId: number, call: SubtleOp): ArrayBuffer | string | number | undefined {
    this.#crypto ??= new WebCrypto({
      async: this.#async,
      memory: this.#memory,
      work: this.#context.hostWork,
      accountOf: (owner) => this.#accounts.of(owner),
    })
    return this.#crypto.call(call, this.#owner.pending(requestId) ?? this.#owner.entryOwner())
  }

  restoreKey(keyId: number, sealed: string): boolean {
    return this.#crypto?.restoreKey(keyId, sealed) ?? false
  }

  listLayers(folder: string): string {
    return this.#layers?.list(folder) ?? ''
  }

  readLayer(path: string, asText: boolean): Uint8Array | string | number | undefined {
    return this.#layers?.read(path, asText)
  }

  openCodec(requestId: number, format: CompressionFormat, isDecompressing: boolean): number | string {
    return this.#codecs.open(this.#owner.pending(requestId), format, isDecompressing)
  }

  runCodec(codecId: number, input: Uint8Array | null, isLast: boolean): Uint8Array | string {
    return this.#codecs.run(codecId, input, isLast)
  }

  closeCodec(codecId: number): void {
    this.#codecs.close(codecId)
  }

  pullChunk(streamId: number): ArrayBuffer | null | undefined | string {
    const read = this.#sources.pull(streamId)
    return read instanceof Uint8Array ? ownBuffer(read) : read
  }

  awaitChunk(opId: number, requestId: number, streamId: number): void {
    this.#sources.awaitChunk(opId, this.#owner.pending(requestId), streamId)
  }

  collectStream(opId: number, requestId: number, streamId: number): void {
    this.#sources.collect(opId, this.#owner.pending(requestId), streamId)
  }

  cancelStream(streamId: number): void {
    this.#sources.cancel(streamId)
  }

  openSink(requestId: number): number | undefined {
    const owner = this.#owner.pending(requestId) ?? this.#owner.entryOwner()
    return owner === undefined ? undefined : this.#sinks.open(owner)
  }

  pushChunk(sinkId: number, bytes: Uint8Array): boolean | null {
    return this.#sinks.push(sinkId, bytes)
  }

  awaitRoom(opId: number, requestId: number, sinkId: number): void {
    this.#sinks.awaitRoom(opId, this.#owner.pending(requestId), sinkId)
  }

  endSink(sinkId: number, reason: string | undefined): void {
    this.#sinks.end(sinkId, reason)
  }

  /** The body of a response that the guest writes bit by bit; null if that sink is not the request's. */
  responseSink(sinkId: number, pending: Pending, onClosed: (how: SinkEnd) => void): ByteSource | null {
    return this.#sinks.claimResponse(sinkId, pending, onClosed)
  }

  /** A stream that the guest hands on untouched; null if there is none of that id. */
  handOn(streamId: number): ByteSource | null {
    return this.#sources.handOn(streamId)
  }

  /** Whoever reads that sink learns why it ends. */
  failSink(sinkId: number, failure: FailedOutcome): void {
    this.#sinks.fail(sinkId, failure)
  }

  /** After an entry: see `GuestFetches.relieve`. */
  relieve(pending: Pending): void {
    this.#fetches.relieve(pending)
  }

  /** The request has ended, and with it what it reads and writes. */
  forget(pending: Pending): void {
    for (const id of pending.takeStreams()) {
      this.#sinks.forget(id)
      this.#codecs.close(id)
      this.#sources.cancel(id)
    }
  }

  /** The request goes on elsewhere: its body is still to be read. */
  handBack(pending: Pending): void {
    for (const id of pending.takeStreams()) this.#sources.handBack(id)
  }

  /** Nothing runs any more: what nobody reads now nobody ever will. */
  rest(): void {
    this.#sources.close()
    this.#codecs.closeAll()
  }

  /** A hook of the module is to be called in the next entry. */
  runHook(pending: Pending, hook: Hook, remainingMs: number): void {
    this.#async.tell(pending, (frames) => frames.lifecycle(pending.requestId, hook, remainingMs))
  }

  /** The request was settled without the guest: its signal aborts. Without a reason only its response ends. */
  abort(pending: Pending, reason: string): void {
    this.#async.tell(pending, (frames) => frames.abort(pending.requestId, reason))
  }

  /** Gives everything up, once. `failureOf` says what became of those whose response is being written. */
  close(failureOf: (pending: Pending) => FailedOutcome): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#isTimerDue = false
    this.#sinks.close(failureOf)
    this.#async.close()
    this.#sources.close()
    this.#codecs.closeAll()
    this.#crypto?.close()
  }
}

/** The highest, so that no chain of calls gets longer by its requests mixing with others. */
function callDepth(askers: Iterable<Pending>): number {
  let highest = 0
  for (const { invocation } of askers) highest = Math.max(highest, invocation.attempt?.depth ?? 0)
  return highest
}

/** What an empty line costs of the log's cap, so that a million of them end too. */
const logLineCost = 32
