import type { GuestConfig } from '../../abi.ts'
import { freeze, jsonParse } from '../primordials.ts'
import { loaded } from './loaded.ts'

/** Takes what the function is configured with. */
export function configure(configJson: string): void {
  const config = jsonParse(configJson) as GuestConfig
  freeze(config.env)
  loaded.config = config
  if (config.allowsWasm) require('../wasm/web-assembly.ts').giveWebAssembly()
}
