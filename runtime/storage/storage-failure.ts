import { statfsSync } from 'node:fs'
import { IsoletteError } from '../model/errors.ts'

/** LMDB's own code for a map that cannot grow. */
const mapFull = -30_792
const noSpaceCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG', 28, 122, 27, mapFull]
const inputOutputCodes: readonly unknown[] = ['EIO', 5]

/** Less than this and what could not be written is taken for the disk's being full. */
const littleSpaceBytes = 16 * 1024 * 1024

/**
 * What a failed write below `folder` means: `storage_full`, or `internal_error` for a disk that fails.
 *
 * @param what the action that failed, as in `Cannot <what>: …`
 */
export function storageFailure(what: string, folder: string, cause: unknown): IsoletteError {
  if (cause instanceof IsoletteError) return cause
  const { code, message } = cause as Error & { code?: unknown }
  // LMDB reports a write that the disk took only in part as EIO, not as ENOSPC.
  const isFull = noSpaceCodes.includes(code) || (inputOutputCodes.includes(code) && hasLittleSpace(folder))
  return isFull
    ? new IsoletteError('storage_full', `Cannot ${what}: no space is left for ${folder}`, {
        details: { folder },
        cause,
      })
    : new IsoletteError('internal_error', `Cannot ${what}: ${message}`, { details: { folder }, cause })
}

function hasLittleSpace(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize < littleSpaceBytes
  } catch {
    return false
  }
}
