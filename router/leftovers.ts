/**
 * Processes of a supervisor that ended without ending them, as after `kill -9`. Workers drain when their supervisor
 * goes, but a hung one does not, and none may serve old versions beside a new supervisor's. So the supervisor writes
 * down whom it started, in `<data>/children.json`, and the next one ends those that still run.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { identifyProcess, isRunning, type ProcessIdentity, readIdentity } from './process-identity.ts'

/** Keeps the list of running children on disk, always whole. */
export class ChildList {
  readonly #path: string
  readonly #children = new Map<number, ProcessIdentity>()

  constructor(dataDir: string) {
    this.#path = listPath(dataDir)
  }

  /** To be called right after the process was started. */
  add(pid: number): void {
    const identity = identifyProcess(pid)
    // Gone already: there is nothing to end.
    if (identity === null) return
    this.#children.set(pid, identity)
    this.#write()
  }

  remove(pid: number): void {
    if (this.#children.delete(pid)) this.#write()
  }

  #write(): void {
    const draft = `${this.#path}.draft`
    try {
      // Not flushed: what must survive is the end of a process, and no child outlives the machine.
      writeFileSync(draft, JSON.stringify([...this.#children.values()]))
      renameSync(draft, this.#path)
    } catch {
      // On a full disk dead workers must still be replaced; children end by themselves, unless they hang.
    }
  }
}

/** How long a process may take to end by itself, and how often to look. */
const defaultTimings = { graceMs: 2000, pollMs: 20 }

/**
 * Ends the children that the last supervisor of this data directory left behind: SIGTERM, and after `graceMs`
 * SIGKILL. Only processes that are still the very ones it started are touched. To be called while the data directory
 * is locked. Resolves with the numbers of those that were ended.
 */
export async function endLeftovers(
  dataDir: string,
  { graceMs, pollMs }: { readonly graceMs: number; readonly pollMs: number } = defaultTimings,
): Promise<number[]> {
  const leftovers = readList(listPath(dataDir)).filter(isRunning)
  signalAll(leftovers, 'SIGTERM')
  await untilGone(leftovers, graceMs, pollMs)
  signalAll(leftovers.filter(isRunning), 'SIGKILL')
  await untilGone(leftovers, graceMs, pollMs)
  return leftovers.map(({ pid }) => pid)
}

function listPath(dataDir: string): string {
  return join(dataDir, 'children.json')
}

function readList(path: string): ProcessIdentity[] {
  try {
    const list: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Array.isArray(list) ? list.map(readIdentity).filter((identity) => identity !== null) : []
  } catch {
    // Not there, or emptied by a crash of the machine, which no child outlived.
    return []
  }
}

function signalAll(processes: readonly ProcessIdentity[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal)
    } catch {
      // Ended in this very moment.
    }
  }
}

async function untilGone(
  processes: readonly ProcessIdentity[],
  withinMs: number,
  pollMs: number,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (processes.some(isRunning) && performance.now() < deadlineMs) await delay(pollMs)
}
