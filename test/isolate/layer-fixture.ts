import { readBootstrap } from '../../runtime/isolate/bootstrap.ts'
import type { CodeCache } from '../../runtime/isolate/code-cache.ts'
import { CompiledBootstrap } from '../../runtime/isolate/compiled-bootstrap.ts'
import { Guardian } from '../../runtime/isolate/guardian.ts'
import { HostWork } from '../../runtime/isolate/host-work/host-work.ts'
import { processClock } from '../../runtime/isolate/host-work/host-work-meter.ts'
import { BatchSize } from '../../runtime/isolate/instance/batch-size.ts'
import { Deadlines } from '../../runtime/isolate/instance/deadlines.ts'
import type { Instance } from '../../runtime/isolate/instance/instance.ts'
import type { InstanceContext } from '../../runtime/isolate/instance/instance-context.ts'
import { type LoadFailure, loadInstance } from '../../runtime/isolate/instance/load-instance.ts'
import { SliceMeter, threadClock } from '../../runtime/isolate/instance/slice-meter.ts'
import type { LayerFiles } from '../../runtime/isolate/layers/layer-files.ts'
import {
  CompiledLayerScript,
  type LayerAccess,
  type PreloadReport,
} from '../../runtime/isolate/layers/layer-script.ts'
import { preloadLayers } from '../../runtime/isolate/layers/preload-layers.ts'
import { OutboundAgents } from '../../runtime/isolate/outbound/outbound-agents.ts'
import { PreparedIsolate } from '../../runtime/isolate/prepared-isolate.ts'
import { type Invocation, noUsage, type Target } from '../../runtime/model/invocation.ts'
import type { Outcome } from '../../runtime/model/outcome.ts'
import type { VersionManifest } from '../../runtime/model/version.ts'

const bootstrap = new CompiledBootstrap(await readBootstrap(null))

/** A layer script: `modules` are bodies of CommonJS functions by path. */
export function layerScript(
  modules: Readonly<Record<string, string>>,
  preload = Object.keys(modules),
): string {
  const bodies = Object.entries(modules).map(
    ([path, body]) => `${JSON.stringify(path)}: (exports, module) => {${body}\n}`,
  )
  return `((layerFiles) => {
    'use strict'
    const modules = {${bodies.join(',\n')}}
    const loaded = {}
    const require = (path) => {
      if (loaded[path] === undefined) {
        const module = { exports: {} }
        modules[path](module.exports, module)
        loaded[path] = module.exports
      }
      return loaded[path]
    }
    return { preload: ${JSON.stringify(preload)}, require }
  })`
}

/** The script of a function with layers: what `fetch(request)` does. */
export function layeredFunction(body: string, topLevel = ''): string {
  return `((requireLayer, layerFiles) => {
    'use strict'
    ${topLevel}
    return { default: { async fetch(request, env, ctx) { ${body} } } }
  })`
}

/** Files by path relative to `/opt`. */
export function filesOf(files: Readonly<Record<string, string | Uint8Array>>): LayerFiles {
  return {
    list: (folder) => {
      const prefix = folder === '' ? '' : `${folder}/`
      const names = Object.keys(files)
        .filter((path) => path.startsWith(prefix))
        .map((path) => path.slice(prefix.length).replace(/\/.*/, '/'))
      return names.length === 0 ? null : [...new Set(names)].sort()
    },
    bytesOf: (path) => (Object.hasOwn(files, path) ? Buffer.from(files[path]!).byteLength : null),
    read: (path) => Uint8Array.from(Buffer.from(files[path]!)),
  }
}

/** Isolates as the pool makes them, with a clock that is a variable. */
export class LayerFixture implements Disposable {
  readonly entered: string[] = []
  readonly reports: PreloadReport[] = []
  readonly memoryMiB: number
  nowMs = 0
  cpuMs = 50
  readonly #guardian = new Guardian()
  readonly #made: { dispose(): void }[] = []
  readonly #ready = new Set<Instance>()
  readonly #context: InstanceContext

  constructor(memoryMiB = 64) {
    this.memoryMiB = memoryMiB
    this.#context = {
      nowMs: () => this.nowMs,
      wallMs: () => 0,
      deadlines: new Deadlines(
        () => this.nowMs,
        () => {},
      ),
      userAgent: 'test/1',
      outbound: new OutboundAgents({ ceiling: { allow: null, deny: [] } }),
      enqueue: async () => ({ kind: 'refused', code: 'unavailable', message: 'There is no retry log' }),
      hostWork: new HostWork(processClock),
      sliceMeter: new SliceMeter(threadClock),
      onEntering: ({ versionId }) => this.entered.push(versionId),
      onReady: (instance) => this.#ready.add(instance),
      onProgress: () => {},
      onInitFailed: () => {},
      onHookEnded: () => {},
      onCondemned: () => {},
      onRanOn: () => {},
      mapError: (_, error) => error,
    }
  }

  script(
    source: string,
    files: LayerFiles = filesOf({}),
    codeCache: CodeCache | null = null,
  ): CompiledLayerScript {
    const onFirstPreload = (report: PreloadReport) => this.reports.push(report)
    return new CompiledLayerScript({
      key: source,
      digest: 'layers',
      source,
      codeCache,
      files,
      onFirstPreload,
    })
  }

  prepare(): PreparedIsolate {
    const prepared = new PreparedIsolate(bootstrap, this.#guardian, this.memoryMiB)
    this.#made.push(prepared)
    return prepared
  }

  preload(prepared: PreparedIsolate, script: CompiledLayerScript): LoadFailure | null {
    return preloadLayers(prepared, script, this.#context)
  }

  load(
    prepared: PreparedIsolate,
    bundle: string,
    script: CompiledLayerScript | null,
    files: LayerFiles | null = script?.files ?? null,
  ): Instance | LoadFailure {
    const limits = { memoryMiB: this.memoryMiB, cpuMs: this.cpuMs, timeoutMs: 1000 }
    const manifest = { versionId: 'function', limits, env: {}, layers: [] } as unknown as VersionManifest
    const layers: LayerAccess | null = files === null ? null : { script, files, isPreloaded: true }
    const loaded = loadInstance(
      prepared,
      { manifest, functionName: 'test', version: '1', script: { source: bundle, codeCache: null }, layers },
      {
        batchSize: new BatchSize(),
        context: this.#context,
        target: () => ({ functionName: 'test', manifest }) as Target,
      },
    )
    if (!('kind' in loaded)) this.#made.push(loaded)
    return loaded
  }

  /** A GET of that path; runs entries until it settles, which must need nothing but entries. */
  get(instance: Instance, path = '/'): Outcome {
    let outcome: Outcome | null = null
    const event = {
      kind: 'http',
      method: 'GET',
      url: `http://test${path}`,
      headers: '',
      body: null,
      clientAddress: '',
    }
    const target = {
      functionName: 'test',
      manifest: instance.manifest,
      settings: { egress: { allow: [], deny: [] } },
    }
    const invocation = {
      id: 'one',
      target,
      event,
      attempt: null,
      arrivedAtMs: this.nowMs,
      deadlineMs: this.nowMs + 1000,
      usage: noUsage(),
      onSettled: (settled: Outcome) => {
        outcome = settled
      },
    } as unknown as Invocation
    instance.begin(invocation, false)
    for (let entry = 0; entry < 20 && outcome === null && this.#ready.size > 0; entry++) this.enter()
    if (outcome === null) throw new Error('The request did not settle')
    return outcome
  }

  /** Enters the instances that have something to enter for. */
  enter(): void {
    const ready = [...this.#ready]
    this.#ready.clear()
    for (const instance of ready) instance.runEntry()
  }

  /** What `get` answers. @throws Error unless it is a text */
  text(instance: Instance | LoadFailure, path?: string): string {
    if ('kind' in instance) throw new Error(`It was not loaded: ${JSON.stringify(instance)}`)
    const outcome = this.get(instance, path)
    if (outcome.kind !== 'ok' || outcome.response === null) throw new Error(JSON.stringify(outcome))
    return String(outcome.response.body)
  }

  [Symbol.dispose](): void {
    for (const one of this.#made) one.dispose()
    this.#guardian.stop()
  }
}
