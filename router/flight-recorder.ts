/**
 * Which version a worker was running when it died, and which attempts to run calls had begun.
 *
 * Some guests take their whole process with them, and a dead process answers no question. So before a worker enters
 * a version's code it writes the version's id into a small file of its own, `<data>/flight/<pid>`: 64 bytes, a sha256
 * in hexadecimal, or spaces before the first one. Behind it stand the attempts that run, written down before any of them
 * enters its instance: how many, and for each its number and the first 32 bits of its version's id, all as whole numbers of
 * 32 bits. What was written survives the process, though not the machine; that is enough, and needs no flush.
 */

import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { VersionId } from '../runtime/index.ts'

const idBytes = 64
const record = Buffer.alloc(idBytes)
/** More than a worker is given at once. */
const maxAttempts = 2048
const attemptBytes = 8
const attemptList = Buffer.alloc(4 + maxAttempts * attemptBytes)

/** An attempt that a worker has begun. */
export interface FlownAttempt {
  /** As the supervisor gave it to the worker. */
  readonly number: number
  /** Null: it runs no function. */
  readonly versionId: VersionId | null
}

/** What a worker has recorded last. */
export interface Flight {
  /** That it entered last; null = none. */
  readonly versionId: VersionId | null
  /** Numbers of the attempts that ran, each with whether it was one of that version. */
  readonly attempts: ReadonlyMap<number, boolean>
}

export interface FlightRecorder {
  /** To be called before code of the version runs. Writes to disk only if the last call named another version. */
  note(versionId: VersionId): void
  /** All attempts that run, to be called before those that are new among them may be entered. */
  noteAttempts(running: Iterable<FlownAttempt>): void
  close(): void
}

/**
 * Opens the recorder of this process. Synchronous; an entry into an isolate is, too. Never throws: a full or failing
 * disk must neither keep a worker from starting nor fail requests. What is lost then is whom to blame for a crash.
 */
export function openFlightRecorder(dataDir: string): FlightRecorder {
  const file = openRecord(dataDir)
  let last: VersionId = ''
  return {
    note(versionId) {
      if (versionId === last || file === null) return
      last = versionId
      write(file, versionId)
    },
    noteAttempts(running) {
      if (file === null) return
      let bytes = 4
      for (const { number, versionId } of running) {
        if (bytes === attemptList.length) break
        attemptList.writeUInt32LE(number, bytes)
        attemptList.writeUInt32LE(prefixOf(versionId), bytes + 4)
        bytes += attemptBytes
      }
      attemptList.writeUInt32LE((bytes - 4) / attemptBytes, 0)
      try {
        writeSync(file, attemptList, 0, bytes, idBytes)
      } catch {
        // See above.
      }
    },
    close() {
      if (file !== null) closeSync(file)
    },
  }
}

function openRecord(dataDir: string): number | null {
  try {
    const file = openSync(flightPath(dataDir, process.pid), 'w', 0o600)
    // Takes up its space now, so that a disk that fills later cannot refuse it.
    write(file, '')
    writeSync(file, Buffer.alloc(attemptList.length), 0, attemptList.length, idBytes)
    return file
  } catch {
    return null
  }
}

function write(file: number, versionId: VersionId): void {
  try {
    // Not as text: Node would make a buffer of it each time, in the way of a cold start.
    record.write(versionId.padEnd(idBytes), 0, idBytes, 'latin1')
    writeSync(file, record, 0, idBytes, 0)
  } catch {
    // See openFlightRecorder.
  }
}

/** What a worker recorded that ended. */
export function readFlight(dataDir: string, pid: number): Flight {
  const attempts = new Map<number, boolean>()
  let bytes: Buffer
  try {
    bytes = readFileSync(flightPath(dataDir, pid))
  } catch {
    return { versionId: null, attempts }
  }
  const text = bytes.toString('latin1', 0, idBytes).trim()
  const versionId = /^[0-9a-f]{64}$/.test(text) ? text : null
  const list = bytes.subarray(idBytes)
  const count = list.length < 4 ? 0 : Math.min(list.readUInt32LE(0), (list.length - 4) / attemptBytes)
  for (let at = 4; at < 4 + count * attemptBytes; at += attemptBytes) {
    const isOfVersion = versionId !== null && list.readUInt32LE(at + 4) === prefixOf(versionId)
    attempts.set(list.readUInt32LE(at), isOfVersion)
  }
  return { versionId, attempts }
}

function prefixOf(versionId: VersionId | null): number {
  return versionId === null ? 0 : Number.parseInt(versionId.slice(0, 8), 16) >>> 0
}

/** Removes what a worker that ended has recorded. */
export function removeFlight(dataDir: string, pid: number): void {
  rmSync(flightPath(dataDir, pid), { force: true })
}

/**
 * Makes the folder of the records, empty: what is in it belongs to workers of another supervisor. (Workers do not make
 * it: one that starts late would bring back a data directory that was removed.)
 */
export function clearFlights(dataDir: string): void {
  rmSync(flightFolder(dataDir), { recursive: true, force: true })
  mkdirSync(flightFolder(dataDir))
}

function flightFolder(dataDir: string): string {
  return join(dataDir, 'flight')
}

function flightPath(dataDir: string, pid: number): string {
  return join(flightFolder(dataDir), String(pid))
}
