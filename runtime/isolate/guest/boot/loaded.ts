import { type GuestConfig, noConfig } from '../../abi.ts'
import type { Request } from '../fetch/request.ts'
import type { ExecutionContext } from '../invocation/execution-context.ts'
import type { Invocation } from '../invocation/invocation.ts'

/** Texts, and bindings. Frozen. */
export type Env = Readonly<Record<string, unknown>>

/** The module's default export. Called as a method, so that `this` is what the author expects. */
export interface Application {
  fetch(request: Request, env: Env, context: ExecutionContext): unknown
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
  /** Null unless there are bindings. */
  makeEnv: ((invocation: Invocation) => Env) | null
  application: Application | null
  handler: EventHandler | null
  scheduled: LoadedHook | null
  init: LoadedHook | null
  shutdown: LoadedHook | null
} = {
  config: noConfig,
  makeEnv: null,
  application: null,
  handler: null,
  scheduled: null,
  init: null,
  shutdown: null,
}
