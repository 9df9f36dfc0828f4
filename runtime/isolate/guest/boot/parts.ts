import { evaluatePart, type Part } from '../host.ts'
import { RangeError } from '../primordials.ts'

/** The bundler puts the main script's own exports in the place of this name. */
declare const mainExports$: () => Part

const loaded = { __proto__: null } as unknown as Record<number, Part>

/**
 * The exports of a part of the bootstrap, which is evaluated when it is first asked for: most functions never touch
 * most parts, and an instance does not even hold their source. The bundler puts calls of this in the place of
 * `require('…')`, which see in `bundler.d.ts`.
 *
 * A part whose evaluation failed is evaluated again when it is next asked for: it fails when a guest asks for it with
 * the stack used up.
 */
export function loadPart(index: number): Part {
  const part = loaded[index] ?? (index === 0 ? mainExports$() : evaluate(index))
  loaded[index] = part
  return part
}

function evaluate(index: number): Part {
  const makeExports = evaluatePart(index)
  if (makeExports === undefined) throw new RangeError('Maximum call stack size exceeded')
  return makeExports(loadPart)
}
