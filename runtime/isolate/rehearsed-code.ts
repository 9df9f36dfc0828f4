import { constants, createContext, runInContext, Script } from 'node:vm'
import ivm from 'isolated-vm'
import { noConfig, progressIndex } from './abi.ts'
import type { CodeCache } from './code-cache.ts'
import { rehearse } from './rehearsal.ts'

/** What the bootstrap's script evaluates to. */
interface BootstrapExports {
  load(module: unknown, configJson: string, hasLayers: boolean): string
  enter(meta: string, text: string): void
  collect(): string
}

interface BootstrapGlobal {
  __isoletteProgress?: SharedArrayBuffer
  __isoletteOp?: (...values: unknown[]) => unknown
}

/**
 * Compiles the bootstrap's script with those functions in it that its evaluation and a request call: isolates that are
 * given the code compile nothing. All of its functions would be three times as much for each isolate to take in.
 *
 * isolated-vm hands out code only as it is before it was run. So the script, which is ours, runs here once, in a context
 * that nobody keeps.
 */
export function compileRehearsed(source: string, filename: string): CodeCache {
  const script = new Script(source, { filename })
  const context = createContext(constants.DONT_CONTEXTIFY, { microtaskMode: 'afterEvaluate' })
  const global = context as BootstrapGlobal
  global.__isoletteProgress = new SharedArrayBuffer(
    Object.keys(progressIndex).length * Int32Array.BYTES_PER_ELEMENT,
  )
  global.__isoletteOp = () => undefined
  const exports: BootstrapExports = script.runInContext(context)
  rehearse(
    {
      load: (bundle, configJson) => exports.load(runInContext(bundle, context), configJson, false),
      enter(meta, text) {
        exports.enter(meta, text)
        // The handler is asynchronous: what waits in the context runs when something was evaluated in it.
        runInContext('', context)
      },
      collect: () => exports.collect(),
    },
    JSON.stringify(noConfig),
  )
  return new ivm.ExternalCopy(Uint8Array.from(script.createCachedData()).buffer)
}
