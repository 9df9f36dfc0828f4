/**
 * The builder: a process that bundles functions, runs their top level for the first time and reads what is to be a layer,
 * so that nothing a function or a zip does to the process that handles it touches any other. Started and ended by `builder-client.ts`.
 */

import { packLayer } from '../layers/pack-layer.ts'
import { buildFunction } from './build-function.ts'
import type { FromBuilder, ToBuilder } from './builder-protocol.ts'
import { checkLayer } from './check-layer.ts'
import { createBundleEvaluator } from './evaluate-bundle.ts'
import type { GivenLayers } from './layer-lookup.ts'
import { errorOf, refusalOf } from './refusal.ts'

// isolated-vm is not safe in a process that was started from Node's own snapshot (see its README).
if (!process.execArgv.includes('--no-node-snapshot') || process.send === undefined) {
  console.error('Cannot start the builder: must be forked by its client, with --no-node-snapshot')
  process.exit(1)
}

// Nobody waits for the answer any more. Not `exit`: it would wait for threads that may never end.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

const evaluator = await createBundleEvaluator()
/** Of the build at hand, while it waits for its layers. */
let awaited = Promise.withResolvers<GivenLayers>()

process.on('message', async (message: ToBuilder) => {
  if (message.kind === 'layers') awaited.resolve(message.layers)
  else if (message.kind === 'no_layers') awaited.reject(errorOf(message.refusal))
  else await send(await answer(message))
})

type Work = Extract<ToBuilder, { kind: 'build' | 'pack' | 'check' }>

async function answer(message: Work): Promise<FromBuilder> {
  try {
    return await carryOut(message)
  } catch (error) {
    return { kind: 'refused', refusal: refusalOf(error, describe(message)) }
  }
}

function describe(message: Work): string {
  return message.kind === 'check'
    ? `check layer ${message.layer.layers[0]!.reference}`
    : `${message.kind} ${JSON.stringify(message.request.path)}`
}

async function carryOut(message: Work): Promise<FromBuilder> {
  if (message.kind === 'pack') return { kind: 'packed', layer: await packLayer(message.request) }
  if (message.kind === 'check') {
    const { evaluatePreload } = evaluator
    const onEvaluating = () => send({ kind: 'evaluating', main: '/opt' })
    return { kind: 'checked', warnings: await checkLayer(message.layer, { evaluatePreload, onEvaluating }) }
  }
  const build = await buildFunction(message.request, {
    evaluator,
    findLayers,
    onEvaluating: (main) => send({ kind: 'evaluating', main }),
  })
  return { kind: 'built', build }
}

async function findLayers(references: readonly string[]): Promise<GivenLayers> {
  awaited = Promise.withResolvers()
  await send({ kind: 'needs_layers', references })
  return await awaited.promise
}

/** Resolves when the message is on its way: what comes after it may block this thread for good. */
function send(message: FromBuilder): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error === null ? resolve() : reject(error)))
  })
}
