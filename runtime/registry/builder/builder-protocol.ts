/**
 * What a builder process and its client say to each other over the channel that `fork` opens
 * (`serialization: 'advanced'`). One request at a time: its answer is `built`, `packed`, `checked` or
 * `refused`.
 */

import type { PackedLayer, PackRequest } from '../layers/pack-layer.ts'
import type { Build, BuildRequest } from './build.ts'
import type { GivenLayers } from './layer-lookup.ts'
import type { Refusal } from './refusal.ts'

export type ToBuilder =
  | { readonly kind: 'build'; readonly request: BuildRequest }
  | { readonly kind: 'pack'; readonly request: PackRequest }
  /** Asks what is to be said of one layer. */
  | { readonly kind: 'check'; readonly layer: GivenLayers }
  /** Answers `needs_layers`, as does the next. */
  | { readonly kind: 'layers'; readonly layers: GivenLayers }
  | { readonly kind: 'no_layers'; readonly refusal: Refusal }

export type FromBuilder =
  /** The function's or its layers' own code is about to run, which the process may not survive. */
  | { readonly kind: 'evaluating'; readonly main: string }
  /** A build's configuration lists them: `name:number`. It waits for them. */
  | { readonly kind: 'needs_layers'; readonly references: readonly string[] }
  | { readonly kind: 'built'; readonly build: Build }
  | { readonly kind: 'packed'; readonly layer: PackedLayer }
  | { readonly kind: 'checked'; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
