import type { GuestConfig } from '../../abi.ts'
import { freeze, jsonParse } from '../primordials.ts'
import { loaded } from './loaded.ts'

/** Takes what the function is configured with. */
export function configure(configJson: string): void {
  const config = jsonParse(configJson) as GuestConfig
  freeze(config.env)
  loaded.config = config
  loaded.makeEnv = config.bindings.length === 0 ? null : require('../call/bindings.ts').envMaker(config)
  if (config.allowsWasm) require('../wasm/web-assembly.ts').giveWebAssembly()
}
