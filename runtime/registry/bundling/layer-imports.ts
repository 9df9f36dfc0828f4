import type { OnLoadResult, Plugin } from 'esbuild'
import { Asked } from '../builder/asked.ts'
import { ownNamespace } from './guest-module.ts'
import type { LayerFolder } from './layer-folder.ts'
import {
  layerFilesModule,
  type ModuleShape,
  readStubName,
  sharedAsyncHooks,
  stubNameOf,
  stubOf,
} from './layer-stubs.ts'
import { isOptionalImport } from './optional-import.ts'

/**
 * What a function imports from its layers, while it is bundled: where it resolves to, and what stands for it in the bundle.
 * The function's own files and packages come first, with all folders above it.
 */
export class LayerImports {
  readonly plugin: Plugin
  readonly #layers: LayerFolder | null
  /** By path; empty before anyone knows. */
  readonly #shapes: ReadonlyMap<string, ModuleShape>
  readonly #reasons = new Map<string, string>()

  /** @param layers null: the function has none. */
  constructor(layers: LayerFolder | null, shapes: ReadonlyMap<string, ModuleShape> = new Map()) {
    this.#layers = layers
    this.#shapes = shapes
    this.plugin = { name: 'layers', setup: (build) => this.#setup(build) }
  }

  /** Why a package that the layers have did not answer to an import; null if they have none of that name. */
  reasonFor(specifier: string): string | null {
    return this.#reasons.get(specifier) ?? null
  }

  #setup({ onResolve, onLoad, resolve }: Parameters<Plugin['setup']>[0]): void {
    const layers = this.#layers
    const own = Symbol('layers')

    onResolve({ filter: /^\/opt(\/|$)/ }, async (args) => {
      const { path: specifier, kind, importer, namespace } = args
      // The bundler itself asks for files by their real paths, which may well be there.
      if (Asked.isBy(own, args.pluginData) || namespace !== 'file' || kind === 'entry-point') return undefined
      const asked = Asked.by(own, args.pluginData)
      const found = await layers?.resolve(specifier, { kind, resolve, asked })
      if (found !== undefined && found.path !== null) return this.#stubFor(found, kind)
      // Never a file of that name on this machine.
      if (await isOptionalImport(importer, specifier)) return { path: specifier, external: true }
      const reason = layers === null ? 'the function has no layers' : found?.reason
      const refusal =
        found?.refusal ?? `Cannot resolve "${specifier}": ${reason ?? 'no such file in the layers'}`
      return { errors: [{ text: refusal }] }
    })

    onResolve({ filter: /^isolette:layers$/ }, () =>
      layers === null
        ? { errors: [{ text: 'Cannot import "isolette:layers": the function has no layers' }] }
        : { path: 'layers', namespace: ownNamespace },
    )
    onLoad({ filter: /^layers$/, namespace: ownNamespace }, () => ({ contents: layerFilesModule }))
    onResolve({ filter: /^isolette:exports of / }, ({ path }) => ({
      path: path.slice(`${ownNamespace}:`.length),
      namespace: ownNamespace,
    }))
    onLoad({ filter: / \(layer\)$/, namespace: ownNamespace }, ({ path }) => this.#load(path))
    if (this.#shapes.has(sharedAsyncHooks)) {
      onResolve({ filter: /^(node:)?async_hooks$/ }, () => ({
        path: stubNameOf(sharedAsyncHooks, false),
        namespace: ownNamespace,
      }))
    }
    if (layers === null) return

    onResolve({ filter: /^[^./]/ }, async (args) => {
      const { path: specifier, kind, importer, namespace, resolveDir, pluginData } = args
      if (Asked.isBy(own, pluginData) || namespace !== 'file' || kind === 'entry-point') return undefined
      if (specifier.startsWith(`${ownNamespace}:`)) return undefined
      const asked = Asked.by(own, pluginData)
      const first = await resolve(specifier, { kind, importer, namespace, resolveDir, pluginData: asked })
      if (first.errors.length === 0) return undefined
      const found = await layers.resolve(specifier, { kind, resolve, asked })
      if (found.path !== null) return this.#stubFor(found, kind)
      if (found.refusal !== null) return { errors: [{ text: found.refusal }] }
      if (found.reason !== null) this.#reasons.set(specifier, found.reason)
      return undefined
    })
  }

  #stubFor({ path, sideEffects }: { path: string; sideEffects: boolean }, kind: string) {
    return { path: stubNameOf(path, kind === 'require-call'), namespace: ownNamespace, sideEffects }
  }

  #load(name: string): OnLoadResult {
    const { path, isBare } = readStubName(name)!
    const shape = isBare ? undefined : this.#shapes.get(path)
    return { contents: stubOf(path, shape ?? { kind: 'commonjs' }) }
  }
}

/** Modules of layers that a bundle's inputs stand for, in the order in which they are evaluated. */
export interface ImportedFromLayers {
  readonly all: readonly string[]
  /** Those that are evaluated with the main module, for all that the bundler can tell: not those behind an `import()`. */
  readonly atStart: readonly string[]
}

type Inputs = Readonly<Record<string, { readonly imports: readonly { path: string; kind: string }[] }>>

/** @param main the name of the main module among the inputs */
export function importedFromLayers(inputs: Inputs, main: string): ImportedFromLayers {
  const prefix = `${ownNamespace}:`
  const pathsOf = (names: Iterable<string>) =>
    Array.from(names, (name) => (name.startsWith(prefix) ? readStubName(name.slice(prefix.length)) : null))
      .filter((stub) => stub !== null)
      .map(({ path }) => path)
  const reached = new Set<string>()
  const visit = (name: string) => {
    if (reached.has(name)) return
    reached.add(name)
    for (const { path, kind } of inputs[name]?.imports ?? []) if (kind !== 'dynamic-import') visit(path)
  }
  visit(main)
  const atStart = [...new Set(pathsOf(reached))]
  return { all: [...new Set([...atStart, ...pathsOf(Object.keys(inputs)).sort()])], atStart }
}
