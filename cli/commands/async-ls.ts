import type { CallList, CallSummary } from '../../runtime/index.ts'
import type { AdminClient } from '../admin-client.ts'
import { formatCalls } from '../call-format.ts'
import { defineCommand } from '../command.ts'
import { exitCodes, usageFailure } from '../failure.ts'
import { print, printError, printJson } from '../print.ts'

export const command = defineCommand({
  usage: 'async ls [--function <name>] [--state <states>] [--since <time>] [--limit <n>]',
  description: `Lists asynchronous calls: those that have not ended first, then those that have, each newest first.

  --function <name>   of one function only
  --state <states>    in these states only: Enqueued, Running, Retrying, Succeeded, Failed, Stopping, Stopped, Expired
  --since <time>      enqueued since then: 2h for two hours ago, or 2026-11-21T18:00:00Z
  --limit <n>         at most so many, 100 if not given`,
  examples: [
    'isolette async ls --function mail',
    'isolette async ls --state Failed,Expired --since 1d',
    "isolette async ls --json | jq -r '.invocations[].id'",
  ],
  options: {
    function: { type: 'string' },
    state: { type: 'string' },
    since: { type: 'string' },
    limit: { type: 'string', default: '100' },
  },
  positionals: [0, 0],
  async run({ values, client, json }) {
    const limit = readLimit(values.limit)
    const query = new URLSearchParams()
    if (values.function !== undefined) query.set('function', values.function)
    if (values.state !== undefined) query.set('state', values.state)
    if (values.since !== undefined) query.set('since', values.since)
    const { calls, areMore } = await fetchCalls(client, query, limit)
    if (json) printJson({ invocations: calls })
    else print(formatCalls(calls, Date.now()))
    if (areMore) printError(`isolette: there are more than ${limit}; --limit shows more of them`)
    return exitCodes.ok
  },
})

function readLimit(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
  throw usageFailure(`Cannot read --limit ${JSON.stringify(text)}: must be a whole number from 1`)
}

async function fetchCalls(
  client: AdminClient,
  query: URLSearchParams,
  limit: number,
): Promise<{ calls: CallSummary[]; areMore: boolean }> {
  const calls: CallSummary[] = []
  for (;;) {
    query.set('limit', String(Math.min(100, limit - calls.length)))
    const page = await client.ask<CallList>('GET', `/v1/invocations?${query}`)
    calls.push(...page.invocations)
    if (page.cursor === null || calls.length >= limit) return { calls, areMore: page.cursor !== null }
    query.set('cursor', page.cursor)
  }
}
