/** See `abi.ts`. Most versions have no layers. */
export function layers(script: never, step: number): unknown {
  return require('../layers/layer-modules.ts').takeScript(script, step)
}
