/**
 * What a builder process and its client say to each other over the channel that `fork` opens
 * (`serialization: 'advanced'`). One request at a time: its answer is `built`, `packed` or `refused`.
 */

import type { ErrorCode } from '../model/errors.ts'
import type { Build, BuildRequest } from './build.ts'
import type { PackedLayer, PackRequest } from './layers/pack-layer.ts'

export type ToBuilder =
  | { readonly kind: 'build'; readonly request: BuildRequest }
  | { readonly kind: 'pack'; readonly request: PackRequest }

export type FromBuilder =
  /** The function's own code is about to run, which the process may not survive. */
  | { readonly kind: 'evaluating'; readonly main: string }
  | { readonly kind: 'built'; readonly build: Build }
  | { readonly kind: 'packed'; readonly layer: PackedLayer }
  | {
      readonly kind: 'refused'
      readonly code: ErrorCode
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
    }
