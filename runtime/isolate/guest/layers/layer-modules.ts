import { layerStep } from '../../abi.ts'
import { TypeError } from '../primordials.ts'
import { armWakeUp } from '../timer/turn.ts'
import { type LayerFiles, layerFiles } from './layer-files.ts'

type RequireLayer = (path: string) => unknown

/** See `layer-script.ts` of the host's side. */
interface LayerModules {
  readonly preload: readonly string[]
  readonly require: RequireLayer
}

type LayerScript = (files: LayerFiles) => LayerModules
type FunctionScript = (requireLayer: RequireLayer, files: LayerFiles) => unknown

let requireLayer: RequireLayer = (path) => {
  throw new TypeError(`Cannot find module ${path}: no layer is loaded`)
}

/** Takes the scripts of a version that has layers, evaluated but for what they wait for; see `abi.ts`. */
export function takeScript(script: LayerScript | FunctionScript, step: number): unknown {
  if (step === layerStep.evaluate) return (script as FunctionScript)(requireLayer, layerFiles)
  const modules = (script as LayerScript)(layerFiles)
  requireLayer = modules.require
  if (step === layerStep.preload) {
    const { preload } = modules
    for (let index = 0; index < preload.length; index++) requireLayer(preload[index]!)
    // Layers may have set timers.
    armWakeUp()
  }
  return undefined
}
