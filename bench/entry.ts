/** What one entry into an isolate costs a request, by how many enter together. In process, with hello. */
import Benchmark from 'benchmark'
import { readBootstrap } from '../runtime/isolate/bootstrap.ts'
import { CompiledBootstrap } from '../runtime/isolate/compiled-bootstrap.ts'
import { Guardian } from '../runtime/isolate/guardian.ts'
import { EntryFrames } from '../runtime/isolate/instance/entry-frames.ts'
import { evaluateModule } from '../runtime/isolate/instance/load-instance.ts'
import { readResults } from '../runtime/isolate/instance/result-frames.ts'
import { PreparedIsolate } from '../runtime/isolate/prepared-isolate.ts'
import type { HttpEvent } from '../runtime/model/invocation.ts'
import { type Limits, limitBounds } from '../runtime/model/limits.ts'
import type { Report, Row } from './report.ts'

const handlers: Readonly<Record<string, string>> = {
  'async fetch, text': `({ default: { async fetch() { return new Response('Hello\\n') } } })`,
  'reads URL and a header': `({ default: { async fetch(request) {
    return new Response(new URL(request.url).pathname + request.headers.get('user-agent'))
  } } })`,
}
const batchSizes = [1, 8, 32]

const event: HttpEvent = {
  kind: 'http',
  method: 'GET',
  url: 'http://127.0.0.1:8787/hello/world?name=x',
  headers: 'host\n127.0.0.1:8787\nuser-agent\ncurl/8.0\naccept\n*/*\n',
  body: null,
  clientAddress: '127.0.0.1',
}

export async function measure(): Promise<Report> {
  const bootstrap = new CompiledBootstrap(await readBootstrap(null))
  const guardian = new Guardian()
  const suite = new Benchmark.Suite()
  const perRequest = new Map<string, Map<number, number>>()
  for (const [name, bundle] of Object.entries(handlers)) {
    const prepared = load(new PreparedIsolate(bootstrap, guardian, 128), bundle)
    perRequest.set(name, new Map())
    for (const size of batchSizes) {
      const enter = batchOf(prepared, size)
      suite.add(`${name} ×${size}`, enter, {
        onComplete({ target }: { target: { stats?: { mean: number } } }) {
          const seconds = target.stats?.mean ?? Number.NaN
          perRequest.get(name)?.set(size, (seconds * 1e6) / size)
        },
      })
    }
  }
  suite.add('create an isolate with the bootstrap', () =>
    new PreparedIsolate(bootstrap, guardian, 128).dispose(),
  )
  let createMs = Number.NaN
  suite.on('cycle', ({ target }: { target: { stats?: { mean: number } } }) => {
    createMs = (target.stats?.mean ?? Number.NaN) * 1000
  })
  suite.run()
  guardian.stop()
  const rows: Row[] = [...perRequest].map(([name, sizes]) => ({
    name,
    figures: Object.fromEntries([...sizes].map(([size, us]) => [`µs/request ×${size}`, us])),
  }))
  return {
    rows: [
      ...rows,
      { name: 'create and dispose, ms', figures: { [`µs/request ×${batchSizes[0]}`]: createMs } },
    ],
    verdicts: [],
  }
}

function load(prepared: PreparedIsolate, bundle: string): PreparedIsolate {
  const limits = Object.fromEntries(
    Object.entries(limitBounds).map(([key, bound]) => [key, bound.default]),
  ) as unknown as Limits
  const manifest = {
    versionId: 'bench',
    bundle: 'bench',
    bundleBytes: bundle.length,
    sourceMap: '',
    handlerKind: 'fetch',
    limits,
    env: {},
    layers: [],
  } as const
  const request = {
    manifest,
    functionName: 'hello',
    version: '1',
    script: { source: bundle, codeCache: null },
    layers: null,
  }
  const loaded = evaluateModule(prepared, request, 'bench')
  if ('kind' in loaded) throw new Error(`Cannot load the handler: ${JSON.stringify(loaded)}`)
  return prepared
}

function batchOf(prepared: PreparedIsolate, size: number): () => void {
  const frames = new EntryFrames()
  return () => {
    frames.clear()
    for (let request = 1; request <= size; request++)
      frames.httpRequest(request, event, {
        invocationId: 'abc123',
        remainingMs: 30_000,
        clientAddress: '',
        body: -1,
      })
    prepared.guarded(1000, () => prepared.enter.applySync(undefined, [frames.meta, frames.text]))
    let answered = 0
    readResults(prepared.collect.applySync(), ({ kind }) => {
      if (kind === 'response') answered++
    })
    if (answered !== size) throw new Error(`${answered} of ${size} requests were answered`)
  }
}
