import { noConfig } from './abi.ts'
import { EntryFrames } from './entry-frames.ts'
import type { PreparedIsolate } from './prepared-isolate.ts'

const bundle = `({ default: { async fetch() { return new Response('') } } })`

/**
 * Takes one request through a waiting isolate, by a function of our own that the real one then replaces.
 *
 * V8 compiles a function when it is first called, and what a request calls of the bootstrap takes half a millisecond.
 * Each instance pays that once; a waiting isolate pays it before anybody waits. It costs no memory that the first
 * request would not. What it configures is what the top level of the real one finds.
 */
export function rehearse(
  prepared: Pick<PreparedIsolate, 'isolate' | 'context' | 'load' | 'enter' | 'collect'>,
  userAgent: string,
): void {
  const script = prepared.isolate.compileScriptSync(bundle, { filename: 'isolette:rehearsal' })
  const exports = script.runSync(prepared.context, { reference: true })
  script.release()
  const config = JSON.stringify({ ...noConfig, userAgent })
  prepared.load.applySync(undefined, [exports.derefInto({ release: true }), config, false])
  const frames = new EntryFrames()
  const event = {
    kind: 'http',
    method: 'GET',
    url: 'http://localhost/',
    headers: '',
    body: null,
    clientAddress: '',
  } as const
  frames.httpRequest(1, event, { invocationId: '', remainingMs: 1000, clientAddress: '', body: -1 })
  prepared.enter.applySync(undefined, [frames.meta, frames.text])
  prepared.collect.applySync()
}
