import { type Env, loaded } from '../boot/loaded.ts'
import type { Invocation } from './invocation.ts'

/** What the function is given as `env`: the same for all invocations, unless it holds bindings. */
export function envOf(invocation: Invocation): Env {
  const { makeEnv, config } = loaded
  return makeEnv === null ? config.env : makeEnv(invocation)
}
