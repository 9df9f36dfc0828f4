import { randomBytes } from 'node:crypto'
import type { CountChanges } from './count-changes.ts'
import type { LogOperation } from './log-write.ts'

/**
 * How many calls a process has appended of each function and version, in rows that it alone writes: so the sum is right at
 * every commit, nobody has to read before writing, and a process that dies leaves nothing to be counted again.
 */
export class CountSeries {
  #name = newName()
  /** By function and version. */
  #totals = new Map<string, number>()

  /** To be written with what changes the counts. */
  operations(changes: CountChanges): LogOperation[] {
    return Array.from(changes, ({ functionName, label, change }) => {
      const total = (this.#totals.get(`${functionName}:${label}`) ?? 0) + change
      return { kind: 'put', table: 'counts', key: [functionName, label, this.#name], value: total }
    })
  }

  /** They are on disk. */
  done(changes: CountChanges): void {
    for (const { functionName, label, change } of changes) {
      const key = `${functionName}:${label}`
      this.#totals.set(key, (this.#totals.get(key) ?? 0) + change)
    }
  }

  /** They may be on disk or not: what is there stays as it is, and counting goes on in other rows. */
  renew(): void {
    this.#name = newName()
    this.#totals.clear()
  }
}

const ownPrefix = `${process.pid}-${randomBytes(8).toString('hex')}-`
let made = 0

function newName(): string {
  made++
  return ownPrefix + made
}

/** Whether the process of a series is certain to be dead. */
export function isSeriesDead(name: string, isAlive: (pid: number) => boolean): boolean {
  if (name.startsWith(ownPrefix)) return false
  const pid = Number.parseInt(name, 10)
  // Its own number can only be that of a process before it.
  return pid === process.pid || !isAlive(pid)
}
