/**
 * What a builder process and its client say to each other over the channel that `fork` opens
 * (`serialization: 'advanced'`). One build at a time: its answer is `built` or `refused`.
 */

import type { ErrorCode } from '../model/errors.ts'
import type { Build, BuildRequest } from './build.ts'

export type ToBuilder = { readonly kind: 'build'; readonly request: BuildRequest }

export type FromBuilder =
  /** The function's own code is about to run, which the process may not survive. */
  | { readonly kind: 'evaluating'; readonly main: string }
  | { readonly kind: 'built'; readonly build: Build }
  | {
      readonly kind: 'refused'
      readonly code: ErrorCode
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
    }
