import {
  type DirectResult,
  formatQualifier,
  type Invocation,
  type Invoker,
  IsoletteError,
  noUsage,
  type Outcome,
  parseFunctionReference,
  type Recorder,
} from '../../runtime/index.ts'
import { noWish, type PickedTarget, type TargetPicker } from '../http/pick-target.ts'
import type { ToWorker } from '../protocol.ts'

type InvokeMessage = Extract<ToWorker, { kind: 'invoke' }>

export interface DirectCallDeps {
  readonly picker: TargetPicker
  readonly invoker: Invoker
  readonly recorder: Recorder
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/** Runs an event that came through the admin socket. Never rejects: a reference to nothing is a result too. */
export function directCall(deps: DirectCallDeps, message: InvokeMessage): Promise<DirectResult> {
  const { invocationId } = message
  let target: PickedTarget
  try {
    const { functionName, qualifier } = parseFunctionReference(message.reference)
    target = deps.picker.pick(functionName, formatQualifier(qualifier), noWish)
  } catch (error) {
    return Promise.resolve(refusedResult(invocationId, error))
  }
  return new Promise((resolve) => {
    const arrivedAtMs = deps.nowMs()
    const invocation: Invocation = {
      id: invocationId,
      target,
      event: { kind: 'direct', json: message.json },
      arrivedAtMs,
      deadlineMs: arrivedAtMs + target.manifest.limits.timeoutMs,
      attempt: null,
      usage: noUsage(),
      onSettled: (outcome) => {
        const settledAtMs = deps.nowMs()
        // Before its record, which takes the log lines.
        resolve(resultOf(invocation, target, outcome, settledAtMs - arrivedAtMs))
        deps.recorder.settled(invocation, outcome, null, settledAtMs)
      },
    }
    deps.invoker.invoke(invocation)
  })
}

function resultOf(
  { id, usage }: Invocation,
  target: PickedTarget,
  outcome: Outcome,
  durationMs: number,
): DirectResult {
  return {
    invocationId: id,
    executedVersion: target.executedVersion,
    outcome: outcome.kind,
    result: outcome.kind === 'ok' ? outcome.result : null,
    error: outcome.kind === 'exception' ? outcome.error : null,
    message: 'message' in outcome ? outcome.message : null,
    durationMs,
    cpuMs: usage.cpuMs,
    logLines: usage.logLines,
    refusal: null,
  }
}

function refusedResult(invocationId: string, error: unknown): DirectResult {
  const refusal =
    error instanceof IsoletteError
      ? { code: error.code, message: error.message }
      : { code: 'internal_error', message: 'The worker failed' }
  return {
    invocationId,
    executedVersion: null,
    outcome: 'internal_error',
    result: null,
    error: null,
    message: refusal.message,
    durationMs: 0,
    cpuMs: 0,
    logLines: [],
    refusal,
  }
}
