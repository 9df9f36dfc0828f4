import { IsoletteError } from '../../model/errors.ts'
import type { PackedLayer, PackRequest } from '../layers/pack-layer.ts'
import { WorkResult } from './work-result.ts'

/** The packing of a layer that a builder process works on, as its client sees it. */
export class RunningPack {
  readonly result = new WorkResult<PackedLayer>()
  readonly #shown: string

  constructor({ path }: Pick<PackRequest, 'path'>) {
    this.#shown = JSON.stringify(path)
  }

  failAfter(timeoutMs: number): void {
    this.result.failAfter(
      timeoutMs,
      () =>
        new IsoletteError(
          'bad_layer',
          `Cannot pack layer ${this.#shown}: not done after ${timeoutMs} ms, must take less`,
        ),
    )
  }

  /** Its process is gone. What it read may be why, and then it will be so again. */
  rejectAfterEnd(how: string, complaint: string): void {
    this.result.reject(
      new IsoletteError(
        'bad_layer',
        `Cannot pack layer ${this.#shown}: reading it ended the builder (${how}), must be readable`,
        { details: { complaint } },
      ),
    )
  }
}
