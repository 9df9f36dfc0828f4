/**
 * The builder: a process that bundles functions, runs their top level for the first time and reads what is to be a layer,
 * so that nothing a function or a zip does to the process that handles it touches any other. Started and ended by `builder-client.ts`.
 */

import { IsoletteError } from '../model/errors.ts'
import { buildFunction } from './build-function.ts'
import type { FromBuilder, ToBuilder } from './builder-protocol.ts'
import { createBundleEvaluator } from './evaluate-bundle.ts'
import { packLayer } from './layers/pack-layer.ts'

// isolated-vm is not safe in a process that was started from Node's own snapshot (see its README).
if (!process.execArgv.includes('--no-node-snapshot') || process.send === undefined) {
  console.error('Cannot start the builder: must be forked by its client, with --no-node-snapshot')
  process.exit(1)
}

// Nobody waits for the answer any more. Not `exit`: it would wait for threads that may never end.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

const evaluate = await createBundleEvaluator()

process.on('message', async (message: ToBuilder) => {
  await send(await answer(message))
})

async function answer(message: ToBuilder): Promise<FromBuilder> {
  try {
    return await carryOut(message)
  } catch (error) {
    if (error instanceof IsoletteError) {
      return { kind: 'refused', code: error.code, message: error.message, details: error.details }
    }
    const { message: problem, stack } = error instanceof Error ? error : new Error(String(error))
    return {
      kind: 'refused',
      code: 'internal_error',
      message: `Cannot ${message.kind} ${JSON.stringify(message.request.path)}: ${problem}`,
      details: { stack },
    }
  }
}

async function carryOut(message: ToBuilder): Promise<FromBuilder> {
  if (message.kind === 'pack') return { kind: 'packed', layer: await packLayer(message.request) }
  const build = await buildFunction(message.request, {
    evaluate,
    onEvaluating: (main) => send({ kind: 'evaluating', main }),
  })
  return { kind: 'built', build }
}

/** Resolves when the message is on its way: what comes after it may block this thread for good. */
function send(message: FromBuilder): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error === null ? resolve() : reject(error)))
  })
}
