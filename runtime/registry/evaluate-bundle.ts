import { BatchSize } from '../isolate/batch-size.ts'
import { readBootstrap } from '../isolate/bootstrap.ts'
import { CompiledBootstrap } from '../isolate/compiled-bootstrap.ts'
import { Deadlines } from '../isolate/deadlines.ts'
import { Guardian } from '../isolate/guardian.ts'
import { HostWork } from '../isolate/host-work/host-work.ts'
import { processClock } from '../isolate/host-work/host-work-meter.ts'
import { Instance } from '../isolate/instance.ts'
import type { InstanceContext } from '../isolate/instance-context.ts'
import { evaluateModule } from '../isolate/load-instance.ts'
import { OutboundAgents } from '../isolate/outbound/outbound-agents.ts'
import { PreparedIsolate } from '../isolate/prepared-isolate.ts'
import type { VersionManifest } from '../model/version.ts'
import type { EvaluateBundle } from './check-bundle.ts'

/**
 * Evaluates bundles as workers do, each in an isolate of its own, on the caller's thread.
 *
 * A guardian ends what overstays. Some guests end the process, or go on in spite of it: only for processes that can be
 * killed.
 */
export async function createBundleEvaluator(): Promise<EvaluateBundle> {
  const bootstrap = new CompiledBootstrap(await readBootstrap(null))
  const guardian = new Guardian()
  return ({ name, bundle, limits, unsafe, env }) => {
    const prepared = new PreparedIsolate(bootstrap, guardian, limits.memoryMiB)
    const manifest: VersionManifest = { ...unpublished, limits, unsafe, env }
    // It answers what the module asks of its host while it evaluates: timers, logs, random bytes.
    const instance = new Instance(prepared, { manifest, batchSize: new BatchSize(), context: alone })
    try {
      const request = { manifest, functionName: name, version: '$LATEST', bundle: bundle.code }
      return evaluateModule(prepared, request, alone.userAgent)
    } finally {
      instance.dispose()
    }
  }
}

const unpublished = {
  versionId: '',
  bundle: '',
  bundleBytes: 0,
  sourceMap: '',
  handlerKind: 'fetch',
  layers: [],
} as const

/** There is no pool, and no request ever enters. */
const alone: InstanceContext = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  deadlines: new Deadlines(
    () => performance.now(),
    () => {},
  ),
  userAgent: 'isolette',
  // Never used: what no request asked for is refused.
  outbound: new OutboundAgents({ ceiling: { allow: null, deny: [] } }),
  hostWork: new HostWork(processClock),
  onEntering: () => {},
  onReady: () => {},
  onProgress: () => {},
  onInitFailed: () => {},
  onHookEnded: () => {},
  onCondemned: () => {},
  onRanOn: () => {},
  mapError: (_, error) => error,
}
