import assert from 'node:assert/strict'
import type { CallId, CallStatus } from '../../runtime/model/call.ts'
import type { Claimed, Lease, RetryLog } from '../../runtime/retry-log/retry-log.ts'
import type { Operation } from './log-operations.ts'
import { callOf, failed, type OpenedLog, progressOf, succeeded } from './log-scene.ts'

type Pair<T> = readonly [T, T]
type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>

/** Two logs to which the same is done, and which are to say the same of it. Calls are told apart by their parents. */
export class TwoLogs {
  #opened: Pair<OpenedLog>
  #labels = 0
  /** Of each call that was ever appended: how often it came to an end, less how often it was redriven. */
  readonly #ends = new Map<string, number>()
  /** Calls that were appended at once. */
  readonly #groups: (readonly string[])[] = []
  readonly #leases: { readonly label: string; readonly leases: Pair<Lease> }[] = []

  constructor(opened: Pair<OpenedLog>) {
    this.#opened = opened
  }

  async close(): Promise<void> {
    await this.#both((log) => log.close())
  }

  async apply(operation: Operation): Promise<void> {
    await this.#do(operation)
    await this.#compare()
  }

  async #do(operation: Operation): Promise<void> {
    const { kind } = operation
    if (kind === 'append') return this.#append(operation)
    if (kind === 'claim') return this.#claim(operation)
    if (kind === 'extend' || kind === 'end' || kind === 'reschedule') return this.#say(operation)
    if (kind === 'stop' || kind === 'redrive' || kind === 'remove') return this.#steer(operation)
    if (kind === 'pause' || kind === 'resume') {
      await this.#both((log) => log[kind](operation.functionName))
    } else if (kind === 'pass') {
      for (const opened of this.#opened) opened.passMs(operation.ms)
    } else if (kind === 'sweep') {
      await this.#sweep()
    } else {
      this.#opened = [await this.#opened[0].reopen(), await this.#opened[1].reopen()]
    }
  }

  async #sweep(): Promise<void> {
    const states = new Map((await all(this.#opened[1].log)).map((one) => [labelOf(one), one.end !== null]))
    // A log may keep a call for longer that was appended with one that has not ended.
    if (this.#groups.some((labels) => new Set(labels.map((label) => states.get(label))).size > 1)) return
    const [one, other] = await this.#both((log) => log.sweep())
    assert.equal(one, other, 'swept')
  }

  async #append({ times, functionName, version, delayMs, callerId }: Of<'append'>): Promise<void> {
    const labels = Array.from({ length: times }, () => this.#newLabel())
    this.#groups.push(labels)
    const [one, other] = await this.#both((log) =>
      Promise.all(
        labels.map((parentId) => log.append(callOf(functionName, { version, delayMs, callerId, parentId }))),
      ),
    )
    assert.deepEqual(
      one.map(({ kind }) => kind),
      other.map(({ kind }) => kind),
    )
    for (const [at, { kind }] of one.entries()) if (kind === 'appended') this.#ends.set(labels[at]!, 0)
  }

  async #claim({ functionName, limit, leaseMs }: Of<'claim'>): Promise<void> {
    const { log } = this.#opened[1]
    const { isPaused = false } = log.stats().depth.get(functionName) ?? {}
    const due = (await all(log))
      .flatMap(({ call, dueAtMs }) => (call.functionName === functionName ? [dueAtMs] : []))
      .filter((dueAtMs) => dueAtMs !== null && dueAtMs <= log.nowMs() && !isPaused)
      .sort((a, b) => a! - b!)
    // All that became due at once, for any of them may be the next.
    const count = due.filter((dueAtMs) => dueAtMs! <= (due[limit - 1] ?? Number.POSITIVE_INFINITY)).length
    const [one, other] = await this.#both((one) =>
      one.claim(
        Math.max(count, 1),
        () => leaseMs,
        (name) => name === functionName,
      ),
    )
    const others = new Map(other.map((claimed) => [labelOf(claimed), claimed]))
    assert.deepEqual(new Set(one.map(labelOf)), new Set(others.keys()), 'claimed')
    assert.equal(one.length, count)
    for (const claimed of one) {
      const label = labelOf(claimed)
      const twin = others.get(label)!
      assert.deepEqual(claimed.progress, twin.progress)
      this.#leases.push({ label, leases: [claimed.lease, twin.lease] })
    }
  }

  async #say(operation: Of<'extend'> | Of<'end'> | Of<'reschedule'>): Promise<void> {
    const held = this.#leases.at(-1 - (operation.lease % Math.max(1, this.#leases.length)))
    if (held === undefined) return
    const next = this.#newLabel()
    const [one, other] = await this.#both((log, at) => {
      const lease = held.leases[at]
      const progress = progressOf((operation.lease % 3) + 1)
      if (operation.kind === 'extend') return log.extend(lease, operation.leaseMs)
      if (operation.kind === 'reschedule')
        return log.reschedule(lease, log.nowMs() + operation.inMs, progress)
      const follow = operation.follows ? [callOf('b', { parentId: next, depth: 1 })] : []
      if (operation.isSuccess) return log.complete(lease, succeeded(log, { progress }), 100, follow)
      return log.deadLetter(lease, failed(log, { progress }), 300, follow)
    })
    assert.equal(one, other, `${operation.kind} of a lease`)
    if (!one || operation.kind !== 'end') return
    this.#count(held.label, 1)
    if (operation.follows) this.#ends.set(next, 0)
  }

  async #steer({ kind, call }: Of<'stop' | 'redrive' | 'remove'>): Promise<void> {
    const labels = [...this.#ends.keys()]
    const label = labels[call % Math.max(1, labels.length)]
    if (label === undefined) return
    const [one, other] = await this.#both(async (log) => {
      const id = (await all(log)).find((status) => labelOf(status) === label)?.call.id ?? '0'.repeat(32)
      return outcomeOf(log, kind, id)
    })
    assert.equal(one, other, `${kind} of a call`)
    if (one === 'stopped') this.#count(label, 1)
    if (one === 'redrive') this.#count(label, -1)
  }

  /** Both know the same calls in the same states, and each call has ended at most once, and is known or has ended. */
  async #compare(): Promise<void> {
    const [one, other] = await this.#both(view)
    assert.deepEqual(one, other)
    const ended = new Map(one.calls.map(([label, { end }]) => [label, end !== null]))
    for (const [label, ends] of this.#ends) {
      assert.equal(ends, (ended.get(label) ?? true) ? 1 : 0, `ends of ${label}`)
    }
    for (const label of ended.keys()) assert.ok(this.#ends.has(label), `${label} came from nowhere`)
  }

  #both<T>(work: (log: RetryLog, at: 0 | 1) => Promise<T>): Promise<Pair<T>> {
    return Promise.all([work(this.#opened[0].log, 0), work(this.#opened[1].log, 1)])
  }

  #count(label: string, change: number): void {
    this.#ends.set(label, this.#ends.get(label)! + change)
  }

  #newLabel(): string {
    return `call ${this.#labels++}`
  }
}

async function outcomeOf(log: RetryLog, kind: 'stop' | 'redrive' | 'remove', id: CallId): Promise<string> {
  try {
    if (kind === 'stop') return await log.stop(id, 100, [])
    if (kind === 'redrive') await log.redrive(id, 2)
    else await log.remove(id)
    return kind
  } catch (error) {
    return (error as { code: string }).code
  }
}

async function all(log: RetryLog): Promise<CallStatus[]> {
  const statuses: CallStatus[] = []
  let cursor: string | null = null
  do {
    const page = await log.list({}, cursor, 7)
    statuses.push(...page.calls)
    cursor = page.cursor
  } while (cursor !== null)
  return statuses
}

function labelOf({ call }: CallStatus | Claimed): string {
  assert.ok(call.parentId !== null)
  return call.parentId
}

/** All that a log tells, without what may differ: ids, the order of calls of one moment, and the event of what succeeded. */
async function view(log: RetryLog) {
  const calls = (await all(log)).map((status) => [labelOf(status), comparable(status)] as const)
  const { depth, deadLetters } = log.stats()
  const holds = ['a', 'b'].flatMap((name) => [1, 2, 3, null].map((version) => log.holds(name, version)))
  return {
    calls: calls.sort(([a], [b]) => a.localeCompare(b)),
    depth: Object.fromEntries([...depth].sort()),
    deadLetters: Object.fromEntries(deadLetters),
    holds: await Promise.all(holds),
    open: await Promise.all(['x', 'y'].map((callerId) => log.isOpen('a', callerId))),
    nowMs: log.nowMs(),
  }
}

function comparable({ call: { id: _, event, ...call }, ...rest }: CallStatus) {
  return { ...rest, call, event: rest.state === 'Succeeded' ? null : event }
}
