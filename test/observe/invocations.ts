import { usualAsync } from '../../runtime/model/async-settings.ts'
import { usualPool } from '../../runtime/model/function.ts'
import {
  type Invocation,
  type InvocationUsage,
  noUsage,
  type Target,
} from '../../runtime/model/invocation.ts'
import { limitBounds } from '../../runtime/model/limits.ts'
import type { VersionLabel } from '../../runtime/model/version.ts'

export function targetOf(functionName: string, label: VersionLabel, alias: string | null = 'live'): Target {
  const { default: cpuMs } = limitBounds.cpuMs
  const limits = {
    cpuMs,
    timeoutMs: 1000,
    memoryMiB: 128,
    maxRequestBodyBytes: 0,
    streamIdleMs: 60_000,
    subrequests: 0,
  }
  return {
    functionName,
    label,
    alias,
    manifest: {
      versionId: 'v',
      bundle: 'b',
      bundleBytes: 1,
      sourceMap: 's',
      handlerKind: 'fetch',
      limits,
      env: {},
      layers: [],
    },
    settings: {
      versionHeader: false,
      exposeErrors: false,
      async: usualAsync,
      triggers: [],
      pool: { ...usualPool, idleTimeoutMs: 1000 },
      egress: { allow: [], deny: [] },
    },
  }
}

/** An invocation that arrived at 0. */
export function invocationOf(
  target: Target,
  { event, ...usage }: Partial<InvocationUsage> & { event?: Invocation['event'] } = {},
): Invocation {
  return {
    id: 'i1',
    target,
    event: event ?? {
      kind: 'http',
      method: 'GET',
      url: 'http://a.example/path/x?token=secret',
      headers: 'authorization\nsecret\n',
      body: null,
      clientAddress: '',
    },
    arrivedAtMs: 0,
    deadlineMs: 1000,
    attempt: null,
    usage: { ...noUsage(), ...usage },
    onSettled() {},
  }
}
