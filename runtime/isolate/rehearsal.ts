import { EntryFrames } from './instance/entry-frames.ts'

/** Where a request can be taken through the bootstrap. */
export interface Stage {
  load(bundle: string, configJson: string): void
  enter(meta: string, text: string): void
  collect(): void
}

const bundle = `({ default: { async fetch() { return new Response('') } } })`

/**
 * Takes one request through the bootstrap, by a function of our own that the real one then replaces.
 *
 * V8 compiles a function when it is first called, and much is done when a thing is first touched: what a request calls of
 * the bootstrap takes a multiple of the time that it takes from then on.
 */
export function rehearse(stage: Stage, configJson: string): void {
  stage.load(bundle, configJson)
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
  stage.enter(frames.meta, frames.text)
  stage.collect()
}
