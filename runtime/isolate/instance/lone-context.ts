import { HostWork } from '../host-work/host-work.ts'
import { processClock } from '../host-work/host-work-meter.ts'
import { OutboundAgents } from '../outbound/outbound-agents.ts'
import { Deadlines } from './deadlines.ts'
import type { InstanceContext } from './instance-context.ts'
import { SliceMeter, threadClock } from './slice-meter.ts'

/** For instances that are only loaded: there is no pool, and no request ever enters. */
export const loneContext: InstanceContext = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  deadlines: new Deadlines(
    () => performance.now(),
    () => {},
  ),
  userAgent: 'isolette',
  // Never used: what no request asked for is refused.
  outbound: new OutboundAgents({ ceiling: { allow: null, deny: [] } }),
  enqueue: async () => ({ kind: 'refused', code: 'unavailable', message: 'No request runs' }),
  hostWork: new HostWork(processClock),
  sliceMeter: new SliceMeter(threadClock),
  onEntering: () => {},
  onReady: () => {},
  onProgress: () => {},
  onInitFailed: () => {},
  onHookEnded: () => {},
  onCondemned: () => {},
  onRanOn: () => {},
  mapError: (_, error) => error,
}
