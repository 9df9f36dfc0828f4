import type ivm from 'isolated-vm'
import type { Target } from '../model/invocation.ts'
import { fixedLimits } from '../model/limits.ts'
import type { GuestError } from '../model/outcome.ts'
import type { HandlerKind, VersionManifest } from '../model/version.ts'
import type { GuestConfig, Hook } from './abi.ts'
import type { BatchSize } from './batch-size.ts'
import { Instance } from './instance.ts'
import type { InstanceContext } from './instance-context.ts'
import type { Hooks } from './lifecycle.ts'
import { explainMissingWasm } from './missing-wasm.ts'
import type { PreparedIsolate } from './prepared-isolate.ts'

/** The name under which a bundle's frames stand in stacks. */
export const bundleFilename = 'isolette:function'

export interface LoadRequest {
  readonly manifest: VersionManifest
  readonly functionName: string
  /** `3` or `$LATEST`. */
  readonly version: string
  /** The artifact: a script whose completion value is the module's exports. */
  readonly bundle: string
}

/** What a module exports: '' = no handler. */
export interface Loaded {
  readonly handlerKind: HandlerKind | ''
  readonly hooks: Hooks
}

/** Why a module could not be loaded. The isolate is disposed. */
export type LoadFailure =
  | { readonly kind: 'exception'; readonly error: GuestError }
  | { readonly kind: 'exceeded_cpu' | 'exceeded_memory'; readonly message: string }

/** Loads a version into a waiting isolate, which then belongs to the instance. About 0.1 ms for a small handler. */
export function loadInstance(
  prepared: PreparedIsolate,
  request: LoadRequest,
  options: { batchSize: BatchSize; context: InstanceContext; target: () => Target },
): Instance | LoadFailure {
  const { manifest } = request
  options.context.onEntering(manifest)
  // Made first: module code may already use timers, logs and random bytes.
  const instance = new Instance(prepared, { manifest, ...options })
  const failure = evaluateModule(prepared, request, options.context.userAgent)
  if ('handlerKind' in failure) {
    instance.start(failure.hooks, options.target)
    return instance
  }
  instance.dispose()
  if (failure.kind === 'exception')
    return { ...failure, error: options.context.mapError(manifest, failure.error) }
  return failure
}

/** Compiles and evaluates a module, and hands its exports to the bootstrap, within `maxEvaluationMs`. */
export function evaluateModule(
  prepared: PreparedIsolate,
  request: LoadRequest,
  userAgent: string,
): Loaded | LoadFailure {
  const { manifest } = request
  const config: GuestConfig = {
    functionName: request.functionName,
    functionVersion: request.version,
    memoryLimitMiB: manifest.limits.memoryMiB,
    env: manifest.env,
    userAgent,
    allowsWasm: manifest.unsafe?.wasm === true,
  }
  let answer: string | undefined
  let error: unknown
  const isInnocent = prepared.guarded(fixedLimits.maxEvaluationMs, () => {
    try {
      prepared.configure.applySync(undefined, [JSON.stringify(config)])
      const script = prepared.isolate.compileScriptSync(request.bundle, { filename: bundleFilename })
      const exports: ivm.Reference<unknown> = script.runSync(prepared.context, { reference: true })
      script.release()
      answer = prepared.load.applySync(undefined, [exports.derefInto({ release: true })])
    } catch (cause) {
      error = cause
    }
  })
  if (!isInnocent) {
    const message = `The module's top level was stopped after ${fixedLimits.maxEvaluationMs} ms`
    return { kind: 'exceeded_cpu', message }
  }
  if (prepared.isolate.isDisposed) {
    const message = `The module's top level was stopped over limits.memoryMiB, ${manifest.limits.memoryMiB} MiB`
    return { kind: 'exceeded_memory', message }
  }
  const [handlerKind, ...hooks] = answer?.split(',') ?? []
  if (handlerKind === 'fetch' || handlerKind === 'handler' || handlerKind === '')
    return { handlerKind, hooks: new Set(hooks as Hook[]) }
  return { kind: 'exception', error: explainMissingWasm(guestErrorOf(error)) }
}

/** What isolated-vm makes of a guest's throw: an error of ours with the guest's text. */
function guestErrorOf(error: unknown): GuestError {
  if (!(error instanceof Error)) {
    const text = typeof error === 'string' ? error : 'The module threw something that is not an Error'
    return { name: 'Error', message: text.slice(0, maxTextLength), stack: '' }
  }
  const { name, message, stack } = error
  return { name: textOf(name), message: textOf(message), stack: textOf(stack) }
}

const maxTextLength = 8192

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, maxTextLength) : ''
}
