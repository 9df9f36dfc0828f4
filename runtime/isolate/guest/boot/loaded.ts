import { type GuestConfig, noConfig } from '../../abi.ts'
import type { Request } from '../fetch/request.ts'
import type { ExecutionContext } from '../invocation/execution-context.ts'

/** The module's default export. Called as a method, so that `this` is what the author expects. */
export interface Application {
  fetch(request: Request, env: Readonly<Record<string, string>>, context: ExecutionContext): unknown
}

export type EventHandler = (event: unknown, context: object) => unknown

/** Called with the `this` that its author expects. */
export interface LoadedHook {
  readonly self: unknown
  readonly call: (...args: unknown[]) => unknown
}

/** The one function of this instance, filled in by `configure` and `load`. */
export const loaded: {
  config: GuestConfig
  application: Application | null
  handler: EventHandler | null
  init: LoadedHook | null
  shutdown: LoadedHook | null
} = {
  config: noConfig,
  application: null,
  handler: null,
  init: null,
  shutdown: null,
}
