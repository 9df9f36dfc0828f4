import type { LogLevel } from '../../model/invocation.ts'
import { layerStep, noConfig } from '../abi.ts'
import { evaluateWithin, type LoadFailure } from '../instance/evaluation.ts'
import type { InstanceContext } from '../instance/instance-context.ts'
import { GuestOps, type OpOwner, type OpSubject } from '../ops/guest-ops.ts'
import { answerOp } from '../ops/op-calls.ts'
import type { PreparedIsolate } from '../prepared-isolate.ts'
import type { LayerFiles } from './layer-files.ts'
import type { CompiledLayerScript } from './layer-script.ts'

/** Of what layers write to the console in a waiting isolate: it is told once, and nobody asked for it. */
const maxLines = 20
const maxLineLength = 500

/** What a waiting isolate has evaluated before it is known for which function. */
export interface Preloaded {
  /** Of the script: an isolate does only for versions whose script has the same. */
  readonly key: string
  /** What layers have begun goes on in the instance: timers, digests. */
  readonly ops: GuestOps
}

/**
 * Evaluates what a layer script has to preload in a waiting isolate that holds nothing yet, within `maxEvaluationMs` and
 * the isolate's memory. From then on it does only for versions with a script of the same key. CPU is charged to nobody.
 *
 * @returns why it could not; then the isolate is disposed, and `script.failure` says it from now on: versions evaluate
 * the script when they are loaded.
 */
export function preloadLayers(
  prepared: PreparedIsolate,
  script: CompiledLayerScript,
  context: InstanceContext,
): LoadFailure | null {
  const lines: string[] = []
  let lineCount = 0
  const onUnownedLog = (level: LogLevel, text: string) => {
    if (++lineCount <= maxLines) lines.push(`${level}: ${text.slice(0, maxLineLength)}`)
  }
  const waiting = {
    pending: () => undefined,
    entryOwner: () => undefined,
    all: () => [],
    onCompletion() {},
    onUnownedLog,
  }
  const subject = { versionId: script.digest, limits: { memoryMiB: prepared.memoryMiB } }
  const ops = new GuestOps(waiting, context, subject, script.files)
  prepared.answerOps((number, a, b, c, d, e) => answerOp(ops, number, a, b, c, d, e))
  prepared.preloaded = { key: script.key, ops }
  context.onEntering(subject)
  const failure =
    evaluateWithin(prepared, "The layers' top level", () => {
      const config = { ...noConfig, userAgent: context.userAgent }
      prepared.configure.applySync(undefined, [JSON.stringify(config)])
      takeLayerScript(prepared, script, layerStep.preload)
    }) ?? faultOf(prepared)
  if (failure !== null) prepared.dispose()
  script.notePreload({ failure, lines, droppedLines: lineCount - lines.length })
  return failure
}

/** Gives a layer script to the guest, which evaluates its modules now or when they are asked for. @throws what it throws */
export function takeLayerScript(
  prepared: PreparedIsolate,
  script: CompiledLayerScript,
  step: typeof layerStep.take | typeof layerStep.preload,
): void {
  const factory = script.evaluate(prepared.isolate, prepared.context)
  prepared.layers.applySync(undefined, [factory.derefInto({ release: true }), step])
}

/** The ops of an instance: those that a waiting isolate has begun with, if it has. */
export function opsFor(
  prepared: PreparedIsolate,
  owner: OpOwner,
  context: InstanceContext,
  subject: OpSubject,
  files: LayerFiles | null,
): GuestOps {
  const ops = prepared.preloaded?.ops
  if (ops === undefined) return new GuestOps(owner, context, subject, files)
  ops.handOver(owner, subject, files)
  return ops
}

/** What failed on the host's side (a damaged pack) fails the version that asks for it, not everybody. */
function faultOf({ fault }: PreparedIsolate): LoadFailure | null {
  if (fault === undefined) return null
  const message = fault instanceof Error ? fault.message : String(fault)
  return { kind: 'exception', error: { name: 'Error', message, stack: '' } }
}
