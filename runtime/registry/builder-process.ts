/**
 * The builder: a process that bundles functions and runs their top level for the first time, so that nothing a
 * function does to the process that evaluates it touches any other. Started and ended by `builder-client.ts`.
 */

import { IsoletteError } from '../model/errors.ts'
import type { BuildRequest } from './build.ts'
import { buildFunction } from './build-function.ts'
import type { FromBuilder, ToBuilder } from './builder-protocol.ts'
import { createBundleEvaluator } from './evaluate-bundle.ts'

// isolated-vm is not safe in a process that was started from Node's own snapshot (see its README).
if (!process.execArgv.includes('--no-node-snapshot') || process.send === undefined) {
  console.error('Cannot start the builder: must be forked by its client, with --no-node-snapshot')
  process.exit(1)
}

// Nobody waits for the answer any more. Not `exit`: it would wait for threads that may never end.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

const evaluate = await createBundleEvaluator()

process.on('message', async ({ request }: ToBuilder) => {
  await send(await answer(request))
})

async function answer(request: BuildRequest): Promise<FromBuilder> {
  try {
    const build = await buildFunction(request, {
      evaluate,
      onEvaluating: (main) => send({ kind: 'evaluating', main }),
    })
    return { kind: 'built', build }
  } catch (error) {
    if (error instanceof IsoletteError) {
      const { code, message, details } = error
      return { kind: 'refused', code, message, details }
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    return {
      kind: 'refused',
      code: 'internal_error',
      message: `Cannot build ${JSON.stringify(request.path)}: ${message}`,
      details: { stack },
    }
  }
}

/** Resolves when the message is on its way: what comes after it may block this thread for good. */
function send(message: FromBuilder): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error === null ? resolve() : reject(error)))
  })
}
