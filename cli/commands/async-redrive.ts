import type { ErrorBody, RedriveLine, RedrivenAnswer } from '../../runtime/index.ts'
import { type AdminClient, adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { asFailure, exitCodes, Failure, formatFailure, usageFailure } from '../failure.ts'
import { plain } from '../plain.ts'
import { print, printError, printJson } from '../print.ts'
import { ProgressLine } from '../progress-line.ts'

export const command = defineCommand({
  usage: 'async redrive <id…> | --all --function <name>',
  description: `Enqueues asynchronous calls anew that failed, expired or were stopped, with all their attempts before them and
with the version that their qualifier names now.

  --all               all dead letters of the function; those that are redriven stay so if this is broken off
  --function <name>   of which function`,
  examples: [
    'isolette async redrive 018bcfe5680000017a3f0c2b5d6e7f80',
    'isolette async redrive --all --function mail',
  ],
  options: { all: { type: 'boolean' }, function: { type: 'string' } },
  positionals: [0, 10_000],
  async run({ values, positionals, client, json }) {
    if (values.all !== true) {
      if (values.function !== undefined || positionals.length === 0) throw usage
      return await redriveEach(client, positionals, json)
    }
    if (values.function === undefined || positionals.length > 0) throw usage
    const { redriven, skipped } = await redriveAll(client, values.function)
    if (json) printJson({ redriven, skipped })
    else print(`redriven ${redriven} ${redriven === 1 ? 'call' : 'calls'} of ${values.function}`)
    return exitCodes.ok
  },
})

const usage = usageFailure('Cannot redrive: must be the ids of calls, or --all with --function')

/** One that cannot be redriven holds up none of the others. */
async function redriveEach(client: AdminClient, ids: readonly string[], json: boolean): Promise<number> {
  const redriven: string[] = []
  const failures: Failure[] = []
  for (const id of ids) {
    try {
      const { invocationId } = await client.ask<RedrivenAnswer>(
        'POST',
        adminPath`/v1/invocations/${id}/redrive`,
      )
      redriven.push(invocationId)
      if (!json) print(`redriven ${invocationId}`)
    } catch (thrown) {
      const failure = asFailure(thrown)
      if (failure.exitCode === exitCodes.unreachable) throw failure
      failures.push(failure)
      printError(plain(formatFailure(failure)))
    }
  }
  if (json) {
    printJson({ redriven, failed: failures.map(({ code, message }) => ({ code, message })) })
  }
  return failures.length === 0 ? exitCodes.ok : exitCodes.failed
}

async function redriveAll(client: AdminClient, name: string): Promise<RedriveLine> {
  const path = adminPath`/v1/functions/${name}/redrive`
  const progress = new ProgressLine(process.stderr)
  try {
    for await (const line of client.lines<RedriveLine | ErrorBody>(path, 'POST')) {
      if ('error' in line) {
        throw new Failure(line.error.code, line.error.message, { exitCode: exitCodes.failed })
      }
      if (line.done) return line
      progress.show(`redriven ${line.redriven} …`)
    }
  } finally {
    progress.clear()
  }
  throw new Failure('unavailable', `Cannot redrive all of ${name}: the server has stopped`, {
    exitCode: exitCodes.failed,
  })
}
