import { isAbsolute } from 'node:path'
import * as z from 'zod'

/** A path of this machine, as its client sees it from anywhere. */
export const absolutePath = z
  .string({ error: 'an absolute path' })
  .refine((path) => isAbsolute(path) && !path.includes('\0'), { error: 'an absolute path' })
