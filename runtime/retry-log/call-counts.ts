import type { DeadLetterReason } from '../model/call.ts'
import type { VersionLabel } from '../model/version.ts'
import type { CountChanges } from './count-changes.ts'
import { isSeriesDead } from './count-series.ts'
import type { LogDatabases } from './log-tables.ts'
import type { LogOperation } from './log-write.ts'

/** The series of the process that says what becomes of calls: what it appended and what the dead had, less what ended. */
const ownSeries = 'own'
/** No function is called that: dead letters by their reason. */
const deadLetters = '*'

type CountKey = [functionName: string, label: string, series: string]

interface VersionCount {
  own: number
  /** Appended by living processes, as they have written themselves. */
  others: number
}

/**
 * How many calls there are that have not ended, of each function and version. Kept on disk, with each change of the log in
 * the same transaction: a start that had to look at all that waits would take time, and map all of it into memory.
 */
export class CallCounts {
  readonly #tables: LogDatabases
  readonly #functions = new Map<string, Map<string, VersionCount>>()
  /** Functions that other processes may have appended calls of. */
  readonly #stale = new Set<string>()

  constructor(tables: LogDatabases) {
    this.#tables = tables
    this.reload()
  }

  /** After a write that may have been done or not. */
  reload(): void {
    this.#functions.clear()
    this.#stale.clear()
    for (const { key, value } of this.#tables.counts.getRange({}))
      this.#read(key as CountKey, value as number)
  }

  noteAppended(functionName: string): void {
    this.#stale.add(functionName)
  }

  /** Of a function's version, or of all of its versions. */
  open(functionName: string, version: VersionLabel | null): number {
    this.#freshen(functionName)
    const versions = this.#functions.get(functionName)
    if (versions === undefined) return 0
    if (version !== null) return sumOf(versions.get(String(version)))
    return [...versions.values()].reduce((sum, count) => sum + sumOf(count), 0)
  }

  functionNames(): string[] {
    for (const name of [...this.#stale]) this.#freshen(name)
    return [...this.#functions.keys()].filter((name) => name !== deadLetters)
  }

  deadLetters(): Map<DeadLetterReason, number> {
    const counts = this.#functions.get(deadLetters) ?? new Map<string, VersionCount>()
    return new Map(Array.from(counts, ([reason, { own }]) => [reason as DeadLetterReason, own]))
  }

  static addDeadLetter(changes: CountChanges, reason: DeadLetterReason, change: number): void {
    changes.add(deadLetters, reason, change)
  }

  operations(changes: CountChanges): LogOperation[] {
    return Array.from(changes, ({ functionName, label, change }) => {
      const own = (this.#functions.get(functionName)?.get(label)?.own ?? 0) + change
      const row = { table: 'counts', key: [functionName, label, ownSeries] } as const
      return own === 0 ? { kind: 'remove', ...row } : { kind: 'put', ...row, value: own }
    })
  }

  /** They are on disk. */
  done(changes: CountChanges): void {
    for (const { functionName, label, change } of changes) {
      const count = this.#countOf(functionName, label)
      count.own += change
      // Of rows that were taken over in the same write, `others` may still tell.
      this.#stale.add(functionName)
      this.#forgetIfNone(functionName, label, count)
    }
  }

  /** What takes over the rows of processes that are dead. */
  adopt(changes: CountChanges, isAlive: (pid: number) => boolean): LogOperation[] {
    const operations: LogOperation[] = []
    for (const { key, value } of this.#tables.counts.getRange({})) {
      const [functionName, label, series] = key as CountKey
      if (series === ownSeries || !isSeriesDead(series, isAlive)) continue
      changes.add(functionName, label, value as number)
      this.#stale.add(functionName)
      operations.push({ kind: 'remove', table: 'counts', key: [functionName, label, series] })
    }
    return operations
  }

  #read([functionName, label, series]: CountKey, value: number): void {
    const count = this.#countOf(functionName, label)
    if (series === ownSeries) count.own = value
    else count.others += value
  }

  #freshen(functionName: string): void {
    if (!this.#stale.delete(functionName)) return
    for (const count of this.#functions.get(functionName)?.values() ?? []) count.others = 0
    const range = { start: [functionName], end: [functionName, '\u{10ffff}'] }
    for (const { key, value } of this.#tables.counts.getRange(range)) {
      const [, label, series] = key as CountKey
      if (series !== ownSeries) this.#read([functionName, label, series], value as number)
    }
    for (const [label, count] of [...(this.#functions.get(functionName) ?? [])]) {
      this.#forgetIfNone(functionName, label, count)
    }
  }

  #countOf(functionName: string, label: string): VersionCount {
    const versions = this.#functions.get(functionName) ?? new Map<string, VersionCount>()
    this.#functions.set(functionName, versions)
    const count = versions.get(label) ?? { own: 0, others: 0 }
    versions.set(label, count)
    return count
  }

  #forgetIfNone(functionName: string, label: string, count: VersionCount): void {
    if (count.own !== 0 || count.others !== 0) return
    const versions = this.#functions.get(functionName)
    versions?.delete(label)
    if (versions?.size === 0) this.#functions.delete(functionName)
  }
}

function sumOf(count: VersionCount | undefined): number {
  return count === undefined ? 0 : count.own + count.others
}
