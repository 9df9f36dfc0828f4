import { readFileSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import type { DirectResult } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes, usageFailure } from '../failure.ts'
import { plain } from '../plain.ts'
import { print, printError, printJson } from '../print.ts'
import { formatGuestError, formatLogLines } from '../record-format.ts'

export const command = defineCommand({
  usage: 'invoke <function[:qualifier]> [--event <json | @file | ->]',
  description: `Runs a function with an event and prints its result; what it logged goes to stderr. Exits with 1 if it failed.

  --event <json>    the event, {} if not given; @file reads a file, - reads stdin
  --json            print everything that is known about the invocation`,
  examples: [
    'isolette invoke hello --event \'{"name":"Ada"}\'',
    'isolette invoke hello:3 --event @event.json',
    'echo \'{"n":1}\' | isolette invoke hello:latest --event -',
  ],
  options: { event: { type: 'string', default: '{}' } },
  positionals: [1, 1],
  async run({ values, positionals, client, json }) {
    const [name, qualifier] = splitReference(positionals[0]!)
    const result = await client.ask<DirectResult>('POST', adminPath`/v1/functions/${name}/invocations`, {
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

async function readEvent(option: string): Promise<unknown> {
  const [text, source] = await readText(option)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw usageFailure(`Cannot read the event from ${source}: ${(error as Error).message}`)
  }
}

async function readText(option: string): Promise<[text: string, source: string]> {
  // Not readFileSync(0): on a pipe that is still empty it fails with EAGAIN.
  if (option === '-') return [await readAll(process.stdin), 'stdin']
  if (!option.startsWith('@')) return [option, '--event']
  const path = option.slice(1)
  try {
    return [readFileSync(path, 'utf8'), path]
  } catch (error) {
    throw usageFailure(`Cannot read the event from ${path}: ${(error as Error).message}`)
  }
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
