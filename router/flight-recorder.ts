/**
 * Which version a worker was running when it died.
 *
 * Some guests take their whole process with them, and a dead process answers no question. So before a worker enters
 * a version's code it writes the version's id into a small file of its own, `<data>/flight/<pid>`: 64 bytes, a sha256
 * in hexadecimal, or spaces before the first one. What was written survives the process, though not the machine; that is
 * enough, and needs no flush.
 */

import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { VersionId } from '../runtime/index.ts'

const idBytes = 64
const record = Buffer.alloc(idBytes)

export interface FlightRecorder {
  /** To be called before code of the version runs. Writes to disk only if the last call named another version. */
  note(versionId: VersionId): void
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

/** The version that a worker entered last; null if it entered none. */
export function readFlight(dataDir: string, pid: number): VersionId | null {
  try {
    const text = readFileSync(flightPath(dataDir, pid), 'latin1').trim()
    return /^[0-9a-f]{64}$/.test(text) ? text : null
  } catch {
    return null
  }
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
