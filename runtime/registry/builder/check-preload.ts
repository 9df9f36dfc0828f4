import type { LoadFailure } from '../../isolate/instance/load-instance.ts'
import { isLayerPath, type LayerFolder } from '../bundling/layer-folder.ts'
import { findAuthorPosition } from '../source-map-stack.ts'
import { type Candidate, evaluationTooLong, reasonOf, tooMuchMemory } from './check-bundle.ts'

/** Layers that waiting isolates may evaluate: those of a version to be, or one alone. */
export interface PreloadCandidate {
  readonly bundle: Pick<Candidate['bundle'], 'layerScript' | 'sourceMap'>
  readonly limits: Pick<Candidate['limits'], 'memoryMiB'>
  readonly unsafe: Candidate['unsafe']
  readonly layers: Candidate['layers']
}

/** Evaluates what a candidate's layers preload as waiting isolates do, in one that is then thrown away; null = it can be. */
export type EvaluatePreload = (candidate: PreloadCandidate) => LoadFailure | null

/** Whether waiting isolates evaluate a version's layers, and what its author is told if they cannot. */
export interface PreloadCheck {
  readonly isPreloaded: boolean
  readonly warnings: readonly string[]
}

/** Finds out whether layers can be evaluated before there is a function. If not, it is done when one is loaded. */
export function checkPreload(candidate: PreloadCandidate, evaluate: EvaluatePreload): PreloadCheck {
  const { bundle, layers, unsafe } = candidate
  const script = bundle.layerScript
  // Waiting isolates have no WebAssembly.
  if (layers === null || script === null || script.preload.length === 0 || unsafe.wasm)
    return { isPreloaded: false, warnings: [] }
  const failure = evaluate(candidate)
  if (failure === null) return { isPreloaded: true, warnings: [] }
  const { place, reason } = explain(failure, candidate, layers.folder)
  const warning = `Cannot preload ${place}: ${reason}; it will be evaluated with the function`
  return { isPreloaded: false, warnings: [warning] }
}

function explain(failure: LoadFailure, candidate: PreloadCandidate, folder: LayerFolder) {
  const { sourceMap, layerScript } = candidate.bundle
  const modules = layerScript!.preload.filter(isLayerPath).map((path) => nameOf(folder, path))
  // Nobody knows which.
  const anyOfThem = modules.join(' or ')
  switch (failure.kind) {
    case 'exceeded_cpu':
      return { place: anyOfThem, reason: evaluationTooLong }
    case 'exceeded_memory':
      return { place: anyOfThem, reason: tooMuchMemory(candidate) }
    case 'exception': {
      const { message, stack } = failure.error
      const position = findAuthorPosition(`${message}\n${stack}`, sourceMap, layerScript!.sourceMap)
      const isKnown = position !== null && isLayerPath(position.file)
      const place = isKnown
        ? `${nameOf(folder, position.file)}:${position.line}:${position.column}`
        : anyOfThem
      return { place, reason: reasonOf(failure.error) }
    }
  }
}

/** `/opt/nodejs/… of layer lodash:1`, so that a line and a column can follow the path. */
function nameOf(folder: LayerFolder, path: string): string {
  const layer = folder.layerOf(path)
  return layer === null ? path : `layer ${layer}, ${path}`
}
