import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Puts on disk which files a folder holds: without it a renamed file can be gone after a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
