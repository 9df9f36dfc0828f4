import type { FleetMember, RetryLogAnswer, WorkerList, WorkerStatus } from '../../runtime/index.ts'
import { defineCommand } from '../command.ts'
import { formatDuration } from '../duration.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { formatRetryLog } from '../retry-log-format.ts'
import { formatTable } from '../table.ts'

export const command = defineCommand({
  usage: 'ps',
  description: `Shows the worker processes, and in each the instances that are resident, and to be kept ready; then, if there
are any, the asynchronous calls that wait and the dead letters.`,
  examples: ['isolette ps', 'isolette ps --json'],
  options: {},
  positionals: [0, 0],
  async run({ client, json }) {
    const list = await client.ask<WorkerList>('GET', '/v1/workers')
    const retryLog = await client.ask<RetryLogAnswer>('GET', '/v1/retry-log')
    if (json) printJson({ ...list, retryLog })
    else {
      print(formatWorkers(list.workers))
      const instances = list.workers.flatMap(instanceRows)
      if (instances.length > 0) print(`\n${formatTable(instanceHeader, instances)}`)
      const provisioned = list.workers.flatMap(provisionedRows)
      if (provisioned.length > 0) print(`\n${formatTable(provisionedHeader, provisioned)}`)
      for (const part of formatRetryLog(retryLog)) print(`\n${part}`)
    }
    return exitCodes.ok
  },
})

function formatWorkers(workers: readonly FleetMember[]): string {
  const header = [
    'WORKER',
    'STATE',
    'PID',
    'UPTIME',
    'RSS MIB',
    'IN FLIGHT',
    'PREWARM',
    'COLD',
    'WARM',
    'RESTARTS',
    'EVICTED',
  ]
  const rows = workers.map(({ index, state, pid, restarts, status }) => [
    String(index),
    state,
    String(pid),
    ...(status === null
      ? Array<string>(6).fill('?')
      : [
          formatDuration(status.uptimeMs),
          String(Math.round(status.rssMiB)),
          String(status.inFlight),
          formatPrewarm(status.prewarm),
          String(status.coldStarts),
          String(status.warmStarts),
        ]),
    String(restarts),
    status === null ? '?' : formatEvictions(status.evictions),
  ])
  return formatTable(header, rows)
}

/** Of all kinds together. */
function formatPrewarm(kinds: WorkerStatus['prewarm']): string {
  const total = (key: 'ready' | 'wanted') => kinds.reduce((sum, kind) => sum + kind[key], 0)
  return `${total('ready')}/${total('wanted')}`
}

/** By reason, like `idle 12, heap 1`. */
function formatEvictions(evictions: WorkerStatus['evictions']): string {
  const counted = Object.entries(evictions).filter(([, count]) => count > 0)
  return counted.map(([reason, count]) => `${reason} ${count}`).join(', ') || '-'
}

const instanceHeader = [
  'WORKER',
  'INSTANCE',
  'STATE',
  'AGE',
  'IDLE',
  'IN FLIGHT',
  'INVOCATIONS',
  'HEAP MIB',
  'MEMORY MIB',
]

function instanceRows({ index, status }: FleetMember): string[][] {
  return (status?.instances ?? []).map((instance) => [
    String(index),
    `${instance.functionName}:${instance.version}`,
    instance.leaves === null ? instance.state : `${instance.state} (${instance.leaves})`,
    formatDuration(instance.ageMs),
    instance.inFlight > 0 ? '-' : formatDuration(instance.idleMs),
    String(instance.inFlight),
    String(instance.invocations),
    instance.heapMiB.toFixed(1),
    instance.memoryMiB.toFixed(1),
  ])
}

const provisionedHeader = ['WORKER', 'PROVISIONED', 'WANTED', 'READY']

function provisionedRows({ index, status }: FleetMember): string[][] {
  return (status?.provisioned ?? []).map(({ functionName, version, wanted, ready }) => [
    String(index),
    `${functionName}:${version}`,
    String(wanted),
    String(ready),
  ])
}
