/**
 * At most one supervisor uses a data directory.
 *
 * Node has no lock that the kernel gives back when its holder dies, so the holder writes down who it is. Replacing the
 * note of a dead holder is where such locks usually break: of two that find it, the slower one removes the new note of
 * the faster one. Hence notes are numbered, `lock/<n>`:
 *
 *  - the holder is who stands in the note with the highest number, if that process still runs;
 *  - to take over from a holder that is gone, one makes the note with the next number: a hard link to a complete file,
 *    which fails if another was faster, and which nobody ever sees half-written;
 *  - only then are lower notes removed. The highest one never is: giving the directory back empties it.
 */

import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IsoletteError } from '../runtime/index.ts'
import { identifyProcess, isRunning, type ProcessIdentity, readIdentity } from './process-identity.ts'

export interface DataLock {
  /** Gives the directory back. A process that dies has given it back too. */
  release(): void
}

/**
 * Takes a data directory for this process, and makes it (mode 0700) if it is missing.
 *
 * @throws IsoletteError `data_in_use` naming the process that has it; `cannot_start` if it cannot be written to
 */
export function lockDataDirectory(dataDir: string): DataLock {
  const folder = join(dataDir, 'lock')
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    mkdirSync(folder, { recursive: true })
    return takeOver(dataDir, folder)
  } catch (cause) {
    if (cause instanceof IsoletteError) throw cause
    const message = `Cannot use the data directory ${dataDir}: ${(cause as Error).message}`
    throw new IsoletteError('cannot_start', message, { cause })
  }
}

function takeOver(dataDir: string, folder: string): DataLock {
  for (;;) {
    const newest = newestNote(folder)
    const holder = newest === 0 ? null : readHolder(join(folder, String(newest)))
    if (holder !== null && isRunning(holder)) {
      throw new IsoletteError(
        'data_in_use',
        `Cannot use the data directory ${dataDir}: process ${holder.pid} has it, must be free`,
        { details: { dataDir, pid: holder.pid } },
      )
    }
    const mine = newest + 1
    if (!makeNote(folder, mine)) continue
    // Meanwhile others may have come and gone, whose clean-up freed the number that we found next.
    if (newestNote(folder) !== mine) {
      rmSync(join(folder, String(mine)), { force: true })
      continue
    }
    for (const number of notes(folder)) {
      if (number < mine) rmSync(join(folder, String(number)), { force: true })
    }
    return { release: () => replaceNote(join(folder, String(mine)), null) }
  }
}

function notes(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .map(Number)
}

/** 0 if there is none. */
function newestNote(folder: string): number {
  return Math.max(0, ...notes(folder))
}

/** Null if the directory was given back. */
function readHolder(path: string): ProcessIdentity | null {
  try {
    return readIdentity(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // Gone since it was listed, or emptied by a crash of the machine, which no process outlived.
    return null
  }
}

/** Returns false if a note of that number exists. */
function makeNote(folder: string, number: number): boolean {
  const draft = writeDraft(join(folder, String(number)), identifyProcess(process.pid))
  try {
    linkSync(draft, join(folder, String(number)))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function replaceNote(path: string, holder: ProcessIdentity | null): void {
  renameSync(writeDraft(path, holder), path)
}

function writeDraft(path: string, holder: ProcessIdentity | null): string {
  const draft = `${path}.${process.pid}.draft`
  writeFileSync(draft, JSON.stringify(holder))
  return draft
}
