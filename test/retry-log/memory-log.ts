import { addToHistory } from '../../runtime/model/attempt-history.ts'
import type {
  Attempt,
  Call,
  CallEnd,
  CallId,
  CallProgress,
  CallState,
  CallStatus,
} from '../../runtime/model/call.ts'
import { noProgress } from '../../runtime/model/call.ts'
import { IsoletteError } from '../../runtime/model/errors.ts'
import { callIdRandomBytes, callTag, mintCallId } from '../../runtime/retry-log/call-id.ts'
import type {
  Appended,
  CallFilter,
  CallPage,
  Claimed,
  FunctionDepth,
  Lease,
  NewCall,
  RetryLog,
  RetryLogStats,
  TriggerMark,
} from '../../runtime/retry-log/retry-log.ts'

interface KeptCall {
  /** Grows from one to the next. */
  readonly place: number
  call: Call
  progress: CallProgress
  dueAtMs: number
  lease: { readonly token: string; readonly fromMs: number; endsAtMs: number } | null
  isStopping: boolean
  end: CallEnd | null
  forgetAtMs: number
}

/** What a `MemoryLog` leaves behind when it is closed, or dropped as if its process had been killed. */
export class MemoryDisk {
  /** In the order in which they were appended. */
  readonly calls = new Map<CallId, KeptCall>()
  readonly paused = new Set<string>()
  /** By function and key. */
  readonly marks = new Map<string, TriggerMark>()
  minted = 0
  /** Not null = nothing can be written, for this reason. */
  failure: string | null = null
}

/** The retry log as a map: what the interface says, and nothing else. Every question is answered by a look at all calls. */
export class MemoryLog implements RetryLog {
  readonly nowMs: () => number
  readonly #disk: MemoryDisk
  readonly #listeners = new Set<() => void>()
  #isClosed = false

  /** @param nowMs log time: never goes back */
  constructor(nowMs: () => number, disk = new MemoryDisk()) {
    this.nowMs = nowMs
    this.#disk = disk
    for (const kept of disk.calls.values()) {
      if (kept.lease !== null) kept.progress = withCut(kept.progress, kept.lease.fromMs)
      kept.lease = null
    }
  }

  async append(call: NewCall, mark?: TriggerMark): Promise<Appended> {
    this.#beforeWrite()
    const namesake = this.#withCallerId(call)
    if (namesake !== null) return { kind: 'duplicate', id: namesake.call.id }
    const { id, enqueuedAtMs } = this.#add(call)
    if (mark !== undefined) this.#disk.marks.set(markKey(mark), mark)
    this.#notify()
    return { kind: 'appended', id, enqueuedAtMs }
  }

  async get(id: CallId): Promise<CallStatus | null> {
    this.#beforeRead()
    const kept = this.#disk.calls.get(id)
    return kept === undefined ? null : this.#status(kept)
  }

  async claim(
    limit: number,
    leaseMs: (functionName: string) => number,
    isWanted: (functionName: string) => boolean,
  ): Promise<readonly Claimed[]> {
    this.#beforeWrite()
    const claimed: Claimed[] = []
    let taken: KeptCall | undefined
    // One of each function, again and again.
    do {
      const inTurn = Map.groupBy(this.#due(), ({ call }) => call.functionName)
      taken = undefined
      for (const [functionName, [oldest]] of inTurn) {
        if (claimed.length >= limit) break
        if (!isWanted(functionName)) continue
        taken = oldest!
        claimed.push(this.#lease(taken, leaseMs(functionName)))
      }
    } while (taken !== undefined && claimed.length < limit)
    return claimed
  }

  nextDueMs(isWanted: (functionName: string) => boolean): number | null {
    const next = this.#waiting().find(({ call }) => this.#isOffered(call) && isWanted(call.functionName))
    return next?.dueAtMs ?? null
  }

  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  noteAppended(): void {
    this.#notify()
  }

  /** Its disk takes everything at once, or nothing. */
  noteFailure(): void {}

  async extend(lease: Lease, leaseMs: number): Promise<boolean> {
    this.#beforeWrite()
    const kept = this.#leased(lease)
    if (kept === null) return false
    kept.lease!.endsAtMs = this.nowMs() + leaseMs
    return true
  }

  async complete(lease: Lease, end: CallEnd, keepMs: number, follow: readonly NewCall[]): Promise<boolean> {
    this.#beforeWrite()
    const kept = this.#leased(lease)
    if (kept === null) return false
    this.#end(kept, end, keepMs, follow)
    return true
  }

  deadLetter(lease: Lease, end: CallEnd, keepMs: number, follow: readonly NewCall[]): Promise<boolean> {
    return this.complete(lease, end, keepMs, follow)
  }

  async reschedule(lease: Lease, dueAtMs: number, progress: CallProgress): Promise<boolean> {
    this.#beforeWrite()
    const kept = this.#leased(lease)
    if (kept === null) return false
    Object.assign(kept, { lease: null, isStopping: false, dueAtMs, progress })
    this.#notify()
    return true
  }

  async stop(id: CallId, keepMs: number, follow: readonly NewCall[]): Promise<'stopped' | 'stopping'> {
    this.#beforeWrite()
    const kept = this.#known(id)
    if (kept.end !== null) throw wrongState(kept)
    if (this.#isRunning(kept)) {
      kept.isStopping = true
      return 'stopping'
    }
    const { progress } = kept
    const end: CallEnd = { state: 'Stopped', reason: null, endedAtMs: this.nowMs(), progress, result: null }
    this.#end(kept, end, keepMs, follow)
    return 'stopped'
  }

  async redrive(id: CallId, version: Call['version']): Promise<void> {
    this.#beforeWrite()
    const kept = this.#known(id)
    if (kept.end === null || kept.end.state === 'Succeeded') throw wrongState(kept)
    const nowMs = this.nowMs()
    Object.assign(kept, {
      call: { ...kept.call, version, ageFromMs: nowMs },
      progress: { ...noProgress, history: kept.end.progress.history },
      dueAtMs: nowMs,
      isStopping: false,
      end: null,
    })
    this.#notify()
  }

  async remove(id: CallId): Promise<void> {
    this.#beforeWrite()
    const kept = this.#known(id)
    if (kept.end === null) throw wrongState(kept)
    this.#disk.calls.delete(id)
  }

  async sweep(): Promise<number> {
    this.#beforeWrite()
    const old = this.#all().filter(({ end, forgetAtMs }) => end !== null && forgetAtMs <= this.nowMs())
    for (const { call } of old) this.#disk.calls.delete(call.id)
    return old.length
  }

  async list(filter: CallFilter, cursor: string | null, limit: number): Promise<CallPage> {
    this.#beforeRead()
    const after = cursor === null ? null : readCursor(cursor)
    const rest = this.#all()
      .filter((kept) => matches(this.#status(kept), filter))
      .sort((a, b) => comparePlaces(placeInList(a), placeInList(b)))
      .filter((kept) => after === null || comparePlaces(placeInList(kept), after) > 0)
    const page = rest.slice(0, limit)
    const last = page.at(-1)
    const isWhole = last === undefined || page.length === rest.length
    return {
      calls: page.map((kept) => this.#status(kept)),
      cursor: isWhole ? null : JSON.stringify(placeInList(last)),
    }
  }

  stats(): RetryLogStats {
    const deadLetters = new Map(
      [...Map.groupBy(this.#all(), ({ end }) => end?.reason ?? null)].flatMap(([reason, calls]) =>
        reason === null ? [] : [[reason, calls.length]],
      ),
    )
    const open = Map.groupBy(
      this.#all().filter(({ end }) => end === null),
      ({ call }) => call.functionName,
    )
    const names = new Set([...open.keys(), ...this.#disk.paused])
    const depth = new Map([...names].map((name) => [name, this.#depth(name, open.get(name) ?? [])]))
    return { depth, deadLetters, failure: this.#disk.failure }
  }

  async pause(functionName: string): Promise<void> {
    this.#beforeWrite()
    this.#disk.paused.add(functionName)
  }

  async resume(functionName: string): Promise<void> {
    this.#beforeWrite()
    this.#disk.paused.delete(functionName)
    this.#notify()
  }

  async setTriggerMark(mark: TriggerMark): Promise<void> {
    this.#beforeWrite()
    this.#disk.marks.set(markKey(mark), mark)
  }

  async removeTriggerMark(mark: Pick<TriggerMark, 'functionName' | 'key'>): Promise<void> {
    this.#beforeWrite()
    this.#disk.marks.delete(markKey(mark))
  }

  async listTriggerMarks(): Promise<readonly TriggerMark[]> {
    this.#beforeRead()
    return [...this.#disk.marks.values()]
  }

  async holds(functionName: string, version: Call['version'] | null): Promise<number> {
    this.#beforeRead()
    return this.#all().filter(
      ({ call, end }) =>
        end === null && call.functionName === functionName && (version === null || call.version === version),
    ).length
  }

  async isOpen(functionName: string, callerId: string): Promise<boolean> {
    this.#beforeRead()
    return this.#withCallerId({ functionName, callerId })?.end === null
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #add({ delayMs, ...call }: NewCall): Call {
    const enqueuedAtMs = this.nowMs()
    const place = this.#disk.minted++
    const random = Buffer.alloc(callIdRandomBytes)
    random.writeUInt32BE(place)
    const id = mintCallId(enqueuedAtMs, callTag(call.functionName), random)
    const dueAtMs = enqueuedAtMs + delayMs
    const added: Call = { ...structuredClone(call), id, enqueuedAtMs, ageFromMs: dueAtMs }
    const kept = {
      ...{ place, call: added, progress: noProgress, dueAtMs },
      ...{ lease: null, isStopping: false, end: null, forgetAtMs: 0 },
    }
    this.#disk.calls.set(id, kept)
    return added
  }

  #lease(kept: KeptCall, leaseMs: number): Claimed {
    const token = String(this.#disk.minted++)
    const { call, progress, isStopping } = kept
    kept.lease = { token, fromMs: this.nowMs(), endsAtMs: this.nowMs() + leaseMs }
    return { lease: { callId: call.id, token }, call, progress, isStopping }
  }

  #end(kept: KeptCall, end: CallEnd, keepMs: number, follow: readonly NewCall[]): void {
    Object.assign(kept, { lease: null, progress: end.progress, end, forgetAtMs: this.nowMs() + keepMs })
    for (const call of follow) if (this.#withCallerId(call) === null) this.#add(call)
    if (follow.length > 0) this.#notify()
  }

  #leased({ callId, token }: Lease): KeptCall | null {
    const kept = this.#disk.calls.get(callId)
    return kept !== undefined && this.#isRunning(kept) && kept.lease?.token === token ? kept : null
  }

  #known(id: CallId): KeptCall {
    const kept = this.#disk.calls.get(id)
    if (kept === undefined) throw new IsoletteError('invocation_not_found', `no call ${id}`)
    return kept
  }

  #withCallerId({ functionName, callerId }: Pick<Call, 'functionName' | 'callerId'>): KeptCall | null {
    if (callerId === null) return null
    const isIt = ({ call }: KeptCall) => call.functionName === functionName && call.callerId === callerId
    return this.#all().find(isIt) ?? null
  }

  #all(): KeptCall[] {
    return [...this.#disk.calls.values()]
  }

  /** Oldest first. */
  #waiting(): KeptCall[] {
    return this.#all()
      .filter((kept) => kept.end === null && !this.#isRunning(kept))
      .sort((a, b) => a.dueAtMs - b.dueAtMs)
  }

  #due(): KeptCall[] {
    return this.#waiting().filter(({ call, dueAtMs }) => dueAtMs <= this.nowMs() && this.#isOffered(call))
  }

  #isOffered({ functionName }: Call): boolean {
    return !this.#disk.paused.has(functionName)
  }

  #isRunning({ lease }: KeptCall): boolean {
    return lease !== null && this.nowMs() < lease.endsAtMs
  }

  #status(kept: KeptCall): CallStatus {
    const { call, progress, dueAtMs, end } = kept
    const isWaiting = end === null && !this.#isRunning(kept)
    return { call, state: this.#state(kept), progress, dueAtMs: isWaiting ? dueAtMs : null, end }
  }

  #state(kept: KeptCall): CallState {
    if (kept.end !== null) return kept.end.state
    if (kept.isStopping) return 'Stopping'
    if (this.#isRunning(kept)) return 'Running'
    return kept.progress.attempts > 0 ? 'Retrying' : 'Enqueued'
  }

  #depth(functionName: string, open: readonly KeptCall[]): FunctionDepth {
    const running = open.filter((kept) => this.#isRunning(kept)).length
    const due = open.filter((kept) => !this.#isRunning(kept)).map(({ dueAtMs }) => this.nowMs() - dueAtMs)
    const isPaused = this.#disk.paused.has(functionName)
    return { waiting: open.length - running, running, oldestDueMs: Math.max(0, ...due), isPaused }
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }

  #beforeRead(): void {
    if (this.#isClosed) throw new IsoletteError('retry_log_unavailable', 'the log is closed')
  }

  #beforeWrite(): void {
    this.#beforeRead()
    if (this.#disk.failure !== null) throw new IsoletteError('retry_log_unavailable', this.#disk.failure)
  }
}

function withCut(progress: CallProgress, startedAtMs: number): CallProgress {
  const attempt: Attempt = {
    ...{ number: progress.attempts + 1, counts: false, startedAtMs, durationMs: 0, executedVersion: null },
    ...{ outcome: 'interrupted', status: null, error: null, logLines: [] },
    message: 'The supervisor ended before it was told how this ended',
  }
  return { ...progress, history: addToHistory(progress.history, attempt) }
}

type Place = readonly [isEnded: 0 | 1, enqueuedAtMs: number, place: number]

function placeInList({ call, end, place }: KeptCall): Place {
  return [end === null ? 0 : 1, call.enqueuedAtMs, place]
}

/** Those that have not ended first, the newest of each first. */
function comparePlaces(a: Place, b: Place): number {
  return a[0] - b[0] || b[1] - a[1] || b[2] - a[2]
}

/** @throws IsoletteError `bad_request` */
function readCursor(text: string): Place {
  try {
    const place: unknown = JSON.parse(text)
    if (Array.isArray(place) && place.length === 3) return place as unknown as Place
  } catch {}
  throw new IsoletteError('bad_request', `no cursor: ${text}`)
}

function markKey({ functionName, key }: Pick<TriggerMark, 'functionName' | 'key'>): string {
  return `${functionName}\n${key}`
}

function wrongState({ call, end }: KeptCall): IsoletteError {
  return new IsoletteError('invocation_state', `call ${call.id} is ${end?.state ?? 'open'}`)
}

function matches({ call, state }: CallStatus, { functionName, states, sinceMs }: CallFilter): boolean {
  return (
    (functionName === undefined || call.functionName === functionName) &&
    (states === undefined || states.includes(state)) &&
    (sinceMs === undefined || call.enqueuedAtMs >= sinceMs)
  )
}
