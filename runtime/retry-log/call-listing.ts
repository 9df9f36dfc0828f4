import { type CallId, type CallState, type CallStatus, callStates, type FinalState } from '../model/call.ts'
import { IsoletteError } from '../model/errors.ts'
import { type CallFinder, endedStatus } from './call-finder.ts'
import { callTag, tagOfCallId, timeOfCallId } from './call-id.ts'
import { endedKeyOf, segmentKeyOf, segmentsFrom } from './log-keys.ts'
import type { LogDatabases, StoredKey } from './log-tables.ts'
import type { CallFilter, CallPage } from './retry-log.ts'

/** Calls that are looked at for one page: a few milliseconds. */
const maxLooks = 1000
const behindAllIds = 'g'

const runningStates: readonly CallState[] = ['Running', 'Stopping']
const deadStates: readonly CallState[] = ['Failed', 'Expired']
const finalStates: readonly FinalState[] = ['Succeeded', 'Failed', 'Stopped', 'Expired']

/** What the disk does not tell. */
export interface RunningCalls {
  nowMs(): number
  ids(): CallId[]
  /** What waits or runs, as it is now; null = it does neither. */
  openStatus(id: CallId): CallStatus | null
}

/** Calls newest first: ids begin with the time, so a place in a list is an id. */
export class CallListing {
  readonly #tables: LogDatabases
  readonly #finder: CallFinder
  readonly #running: RunningCalls

  constructor(tables: LogDatabases, finder: CallFinder, running: RunningCalls) {
    this.#tables = tables
    this.#finder = finder
    this.#running = running
  }

  /** @throws IsoletteError `bad_request` */
  page(filter: CallFilter, cursor: string | null, limit: number): CallPage {
    const states = filter.states ?? callStates
    const place = cursor === null ? { part: 'open', before: behindAllIds } : readCursor(cursor)
    const calls: CallStatus[] = []
    let looks = maxLooks
    for (const part of ['open', 'ended'] as const) {
      if (part === 'open' && place.part === 'ended') continue
      const before = part === place.part ? place.before : behindAllIds
      const read = part === 'open' ? this.#open(filter, states, before) : this.#ended(filter, states, before)
      for (const { id, status } of read) {
        if (calls.length === limit) return { calls, cursor: writeCursor(part, calls.at(-1)!.call.id) }
        if (filter.sinceMs !== undefined && timeOfCallId(id) < filter.sinceMs) break
        const found = status()
        if (found !== null && matches(found, filter, states)) calls.push(found)
        looks--
        if (looks === 0) return { calls, cursor: writeCursor(part, id) }
      }
    }
    return { calls, cursor: null }
  }

  #open(filter: CallFilter, states: readonly CallState[], before: string): Iterable<Candidate> {
    const openStates = states.filter((state) => !finalStates.includes(state as FinalState))
    if (openStates.length === 0) return []
    const areAllRunning = openStates.every((state) => runningStates.includes(state))
    const ids = areAllRunning
      ? this.#running
          .ids()
          .filter((id) => id < before)
          .sort(descending)
      : this.#openIds(filter, before)
    return candidates(ids, (id) => this.#running.openStatus(id))
  }

  *#openIds({ functionName }: CallFilter, before: string): Generator<CallId> {
    const names = functionName === undefined ? [...this.#finder.functionNames()] : [functionName]
    // What is due later was enqueued before, and is found by its place.
    const beforeMs = (before === behindAllIds ? this.#running.nowMs() : timeOfCallId(before)) + 1
    const sources = [
      new PlacesSource(this.#tables),
      ...names.map((name) => new SegmentsSource(this.#tables, this.#finder, name)),
    ]
    const heads = sources.map((source) => ({ source, ms: source.newestMs(beforeMs) }))
    for (;;) {
      const newestMs = heads.reduce((newest, { ms }) => Math.max(newest, ms), -1)
      if (newestMs < 0) return
      const ids = new Set<CallId>()
      for (const head of heads) {
        if (head.ms !== newestMs) continue
        for (const id of head.source.idsAt(newestMs)) if (id < before) ids.add(id)
        head.ms = head.source.newestMs(newestMs)
      }
      yield* [...ids].sort(descending)
      // Nobody's id: there may be many times at which nothing was enqueued, and they are looks too.
      yield lowestId(newestMs)
    }
  }

  #ended(filter: CallFilter, states: readonly CallState[], before: string): Iterable<Candidate> {
    const endStates = states.filter((state) => finalStates.includes(state as FinalState))
    if (endStates.length === 0) return []
    if (!endStates.every((state) => deadStates.includes(state))) return this.#endedBlocks(filter, before)
    const ids = this.#tables['dead-letters'].getKeys({ start: before, reverse: true }) as Iterable<CallId>
    const tag = filter.functionName === undefined ? null : callTag(filter.functionName)
    return candidates(idsBefore(ids, before), (id) => {
      const found = tag === null || tagOfCallId(id) === tag ? this.#finder.findEnded(id) : null
      return found === null ? null : endedStatus(found)
    })
  }

  *#endedBlocks({ functionName }: CallFilter, before: string): Generator<Candidate> {
    const tag = functionName === undefined ? null : callTag(functionName)
    const start: StoredKey = before === behindAllIds ? [Number.MAX_SAFE_INTEGER] : [timeOfCallId(before) + 1]
    let together: Candidate[] = []
    let togetherMs = 0
    for (const stored of this.#tables.ended.getKeys({ start, end: [-1], reverse: true, snapshot: false })) {
      const key = endedKeyOf(stored)
      if (key.enqueuedAtMs !== togetherMs) {
        yield* together.sort((a, b) => descending(a.id, b.id))
        together = []
        togetherMs = key.enqueuedAtMs
        // Nobody's id, of which the time is still to come: of other functions there may be any number, and they are looks too.
        const id = lowestId(togetherMs + 1)
        if (tag !== null) yield { id: id < before ? id : before, status: () => null }
      }
      if (tag !== null && key.tag !== tag) continue
      const block = this.#finder.endedBlock(key)
      if (block === null) continue
      for (const [index, id] of block.ids.entries()) {
        if (id < before) together.push({ id, status: () => endedStatus({ block, index }) })
      }
    }
    yield* together.sort((a, b) => descending(a.id, b.id))
  }
}

interface Candidate {
  readonly id: CallId
  readonly status: () => CallStatus | null
}

/** Where ids of calls stand that have not ended, by the time in them. */
interface IdSource {
  /** Of the newest before; -1 = there is none. */
  newestMs(beforeMs: number): number
  idsAt(ms: number): Iterable<CallId>
}

/** Calls where their ids say. What stands in segments of another time is in `places` too. */
class SegmentsSource implements IdSource {
  readonly #tables: LogDatabases
  readonly #finder: CallFinder
  readonly #functionName: string

  constructor(tables: LogDatabases, finder: CallFinder, functionName: string) {
    this.#tables = tables
    this.#finder = finder
    this.#functionName = functionName
  }

  newestMs(beforeMs: number): number {
    const start = segmentsFrom(this.#functionName, beforeMs)
    const end = segmentsFrom(this.#functionName, -1)
    const [stored] = this.#tables.segments.getKeys({ start, end, reverse: true, limit: 1 })
    return stored === undefined ? -1 : segmentKeyOf(stored).dueAtMs
  }

  *idsAt(ms: number): Generator<CallId> {
    for (const key of this.#finder.segmentsAt(this.#functionName, ms)) {
      for (const id of this.#finder.block(key)?.ids ?? []) if (timeOfCallId(id) === ms) yield id
    }
  }
}

class PlacesSource implements IdSource {
  readonly #tables: LogDatabases

  constructor(tables: LogDatabases) {
    this.#tables = tables
  }

  newestMs(beforeMs: number): number {
    const [id] = this.#tables.places.getKeys({ start: hexTime(beforeMs), reverse: true, limit: 1 })
    return id === undefined ? -1 : timeOfCallId(id as CallId)
  }

  idsAt(ms: number): Iterable<CallId> {
    return this.#tables.places.getKeys({ start: hexTime(ms), end: hexTime(ms + 1) }) as Iterable<CallId>
  }
}

function lowestId(ms: number): CallId {
  return hexTime(ms).padEnd(32, '0')
}

function hexTime(ms: number): string {
  return ms.toString(16).padStart(12, '0')
}

function* candidates(
  ids: Iterable<CallId>,
  statusOf: (id: CallId) => CallStatus | null,
): Generator<Candidate> {
  for (const id of ids) yield { id, status: () => statusOf(id) }
}

function* idsBefore(ids: Iterable<CallId>, before: string): Generator<CallId> {
  for (const id of ids) if (id < before) yield id
}

function matches({ call, state }: CallStatus, filter: CallFilter, states: readonly CallState[]): boolean {
  return (
    states.includes(state) && (filter.functionName === undefined || call.functionName === filter.functionName)
  )
}

function descending(a: string, b: string): number {
  return a < b ? 1 : a > b ? -1 : 0
}

function writeCursor(part: 'open' | 'ended', id: CallId): string {
  return `${part}.${id}`
}

function readCursor(text: string): { part: string; before: string } {
  const [, part, before] = /^(open|ended)\.([0-9a-f]{32})$/.exec(text) ?? []
  if (part !== undefined && before !== undefined) return { part, before }
  throw new IsoletteError(
    'bad_request',
    `Cannot list calls: the cursor is ${JSON.stringify(text)}, must be one of a page before`,
  )
}
