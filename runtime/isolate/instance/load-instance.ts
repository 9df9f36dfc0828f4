import type ivm from 'isolated-vm'
import type { Target } from '../../model/invocation.ts'
import type { HandlerKind, VersionManifest } from '../../model/version.ts'
import { type GuestConfig, type Hook, layerStep } from '../abi.ts'
import type { CodeCache } from '../code-cache.ts'
import type { LayerAccess } from '../layers/layer-script.ts'
import { takeLayerScript } from '../layers/preload-layers.ts'
import type { PreparedIsolate } from '../prepared-isolate.ts'
import type { BatchSize } from './batch-size.ts'
import { evaluateWithin, type LoadFailure } from './evaluation.ts'
import { Instance } from './instance.ts'
import type { InstanceContext } from './instance-context.ts'
import type { Hooks } from './lifecycle.ts'

/** The name under which a bundle's frames stand in stacks. */
export const bundleFilename = 'isolette:function'

export type { LoadFailure } from './evaluation.ts'

/** A version's artifact: a script whose completion value is the module's exports, or takes layers; see `layer-script.ts`. */
export interface FunctionScript {
  readonly source: string
  /** Null = it is compiled from its source. */
  readonly codeCache: CodeCache | null
}

export interface LoadRequest {
  readonly manifest: VersionManifest
  readonly functionName: string
  /** `3` or `$LATEST`. */
  readonly version: string
  readonly script: FunctionScript
  /** Null = the version has none. */
  readonly layers: LayerAccess | null
}

/** What a module exports: '' = no handler. */
export interface Loaded {
  readonly handlerKind: HandlerKind | ''
  readonly hooks: Hooks
  /** Named like hooks or `scheduled`, but no functions: never called. */
  readonly otherHooks: ReadonlySet<Hook | 'scheduled'>
}

/**
 * Loads a version into a waiting isolate, which then belongs to the instance. About 0.1 ms for a small handler.
 *
 * @throws what failed on the host's side while the module was evaluated: a damaged pack
 */
export function loadInstance(
  prepared: PreparedIsolate,
  request: LoadRequest,
  options: { batchSize: BatchSize; context: InstanceContext; target: () => Target },
): Instance | LoadFailure {
  const { manifest } = request
  options.context.onEntering(manifest)
  // Made first: module code may already use timers, logs and random bytes.
  const instance = new Instance(prepared, { manifest, layerFiles: request.layers?.files ?? null, ...options })
  const failure = evaluateModule(prepared, request, options.context.userAgent)
  if (prepared.fault !== undefined) {
    instance.dispose()
    throw prepared.fault
  }
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
    bindings: Object.keys(manifest.bindings ?? {}),
    userAgent,
    allowsWasm: manifest.unsafe?.wasm === true,
  }
  let answer: string | undefined
  const failure = evaluateWithin(prepared, "The module's top level", () => {
    const configJson = JSON.stringify(config)
    // All else may come with the module, in the same call: a cold start pays for each.
    if (config.allowsWasm) prepared.configure.applySync(undefined, [configJson])
    const module = evaluateScript(prepared, request)
    const hasLayers = request.layers !== null
    answer = prepared.load.applySync(undefined, [module.derefInto({ release: true }), configJson, hasLayers])
  })
  if (failure !== null) return failure
  const [handlerKind, ...hooks] = answer?.split(',') ?? []
  if (isHandlerKind(handlerKind) || handlerKind === '') {
    const otherHooks = told(hooks, ['init', 'shutdown', 'scheduled'], '!')
    return { handlerKind, hooks: told(hooks, ['init', 'shutdown'], ''), otherHooks }
  }
  throw new Error(`Cannot load a module: the guest answered ${JSON.stringify(answer)}`)
}

function isHandlerKind(text: string | undefined): text is HandlerKind {
  return text === 'fetch' || text === 'handler' || text === 'scheduled'
}

const none: ReadonlySet<never> = new Set()

/** Those of these names that the guest has named. */
function told<Name extends string>(
  names: readonly string[],
  known: readonly Name[],
  sign: '' | '!',
): ReadonlySet<Name> {
  return names.length === 0 ? none : new Set(known.filter((name) => names.includes(sign + name)))
}

function evaluateScript(
  prepared: PreparedIsolate,
  { script: { source, codeCache }, layers }: LoadRequest,
): ivm.Reference {
  if (layers !== null && layers.script !== null && prepared.preloaded === null)
    takeLayerScript(prepared, layers.script, layerStep.take)
  const options = { filename: bundleFilename, ...(codeCache === null ? {} : { cachedData: codeCache }) }
  const script = prepared.isolate.compileScriptSync(source, options)
  const value: ivm.Reference = script.runSync(prepared.context, { reference: true })
  script.release()
  return value
}
