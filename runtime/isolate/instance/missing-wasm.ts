import type { GuestError } from '../../model/outcome.ts'

const missing = 'WebAssembly is not defined'
const explained = `${missing}: unsafe.wasm is false in function.jsonc, must be true`

/** Names the setting to a function that looks for WebAssembly and was not allowed it. */
export function explainMissingWasm(error: GuestError): GuestError {
  if (error.message !== missing) return error
  return { ...error, message: explained, stack: error.stack.replace(missing, explained) }
}
