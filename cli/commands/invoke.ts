import type { CallAnswer, DirectResult, EnqueuedAnswer } from '../../runtime/index.ts'
import { type AdminClient, adminPath } from '../admin-client.ts'
import { awaitEnd } from '../await-end.ts'
import { formatCallResult } from '../call-format.ts'
import { defineCommand } from '../command.ts'
import { readDuration } from '../duration-option.ts'
import { readEvent } from '../event-option.ts'
import { type ExitCode, exitCodes, usageFailure } from '../failure.ts'
import { plain } from '../plain.ts'
import { print, printError, printJson } from '../print.ts'
import { whileWaiting } from '../progress.ts'
import { formatGuestError, formatLogLines } from '../record-format.ts'

export const command = defineCommand({
  usage:
    'invoke <function[:qualifier]> [--event <json | @file | ->] [--async [--delay <duration>] [--id <name>] [--wait]]',
  description: `Runs a function with an event and prints its result; what it logged goes to stderr. Exits with 1 if it failed.
With --async prints the id of the call when it is safe on disk: it is run, and tried again if it fails, from then on.

  --event <json>       the event, {} if not given; @file reads a file, - reads stdin
  --async              do not wait for its end
  --delay <duration>   run it only after so long: 30s, 5m, 7d at most
  --id <name>          name the call: the same name again is refused
  --wait               wait for its end all the same, and print the result
  --json               print everything that is known about the invocation`,
  examples: [
    'isolette invoke hello --event \'{"name":"Ada"}\'',
    'isolette invoke hello:3 --event @event.json',
    'echo \'{"n":1}\' | isolette invoke hello:latest --event -',
    'isolette invoke mail --async --delay 5m --id order-17',
  ],
  options: {
    event: { type: 'string', default: '{}' },
    async: { type: 'boolean' },
    delay: { type: 'string' },
    id: { type: 'string' },
    wait: { type: 'boolean' },
  },
  positionals: [1, 1],
  async run({ values, positionals, client, json }) {
    const [name, qualifier] = splitReference(positionals[0]!)
    const path = adminPath`/v1/functions/${name}/invocations`
    if (values.async) {
      const delayMs = values.delay === undefined ? undefined : readDuration('delay', values.delay)
      const event = await readEvent(values.event)
      const body = { type: 'async', qualifier, event, delayMs, id: values.id }
      const { invocationId } = await client.ask<EnqueuedAnswer>('POST', path, body)
      return values.wait ? await showEnd(client, invocationId, json) : showEnqueued(invocationId, json)
    }
    const extra = (['delay', 'id', 'wait'] as const).find((option) => values[option] !== undefined)
    if (extra !== undefined) throw usageFailure(`Cannot use --${extra} without --async`)
    const result = await client.ask<DirectResult>('POST', path, {
      qualifier,
      event: await readEvent(values.event),
    })
    if (json) printJson(result)
    else showResult(result)
    return result.outcome === 'ok' ? exitCodes.ok : exitCodes.failed
  },
})

function splitReference(reference: string): [name: string, qualifier: string | undefined] {
  const colon = reference.indexOf(':')
  return colon === -1 ? [reference, undefined] : [reference.slice(0, colon), reference.slice(colon + 1)]
}

function showEnqueued(invocationId: string, json: boolean): ExitCode {
  if (json) printJson({ invocationId })
  else {
    print(invocationId)
    printError(`isolette: enqueued; see how it goes with: isolette async get ${invocationId} --wait 30s`)
  }
  return exitCodes.ok
}

async function showEnd(client: AdminClient, invocationId: string, json: boolean): Promise<ExitCode> {
  const end = awaitEnd(client, invocationId, Number.POSITIVE_INFINITY)
  const call = await whileWaiting(`waiting for ${invocationId}`, end)
  if (json) printJson(call)
  else showCall(call)
  return call.state === 'Succeeded' ? exitCodes.ok : exitCodes.failed
}

/** As `showResult` does, of the last attempt. */
function showCall(call: CallAnswer): void {
  const last = call.history.at(-1)
  for (const line of formatLogLines(last?.logLines ?? [])) printError(line)
  if (call.state === 'Succeeded') {
    print(call.result === null ? 'null' : formatCallResult(call.result))
    return
  }
  const reason = call.reason ?? 'it was stopped'
  printError(
    `isolette: ${last?.outcome ?? call.state}: ${last?.executedVersion ?? call.function} ${reason}; see isolette async get ${call.id}`,
  )
  if (last?.error != null) printError(formatGuestError(last.error))
}

function showResult(result: DirectResult): void {
  for (const line of formatLogLines(result.logLines)) printError(line)
  if (result.outcome === 'ok') {
    print(formatResult(result.result ?? 'null'))
    return
  }
  printError(`isolette: ${result.outcome}: ${result.executedVersion} ${plain(result.message ?? 'failed')}`)
  if (result.error !== null) printError(formatGuestError(result.error))
}

/** The guest wrote this text: it may be no JSON at all, or nest deeper than can be written again. */
function formatResult(text: string): string {
  try {
    return plain(JSON.stringify(JSON.parse(text), null, 2))
  } catch {
    return plain(text)
  }
}
