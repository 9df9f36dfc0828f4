import type { GuestConfig } from '../../abi.ts'
import type { Env } from '../boot/loaded.ts'
import type { Invocation } from '../invocation/invocation.ts'
import { defineOwn } from '../language/define-own.ts'
import { freeze } from '../primordials.ts'
import { newBinding } from './function-binding.ts'

/**
 * Makes each invocation an `env` of its own, with bindings that know whose they are: after an `await` nobody can tell
 * otherwise which of the requests in an instance runs, and a chain of calls is bounded by its length.
 */
export function envMaker({ env, bindings }: GuestConfig): (invocation: Invocation) => Env {
  return (invocation) => {
    const own = { ...env }
    for (let index = 0; index < bindings.length; index++)
      defineOwn(own, bindings[index]!, newBinding(bindings[index]!, invocation))
    return freeze(own)
  }
}
