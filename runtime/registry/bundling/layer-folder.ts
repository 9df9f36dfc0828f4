import { existsSync, realpathSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import type { ImportKind, PluginBuild } from 'esbuild'
import { layerRoot } from '../../model/layer.ts'
import type { MergedLayers } from '../../model/merged-layers.ts'
import type { Asked } from '../builder/asked.ts'

/** Where a function's packages are looked for in its layers. */
const packages = 'nodejs/node_modules'

/** A module of the layers. */
export interface FoundInLayers {
  readonly path: string
  readonly suffix: string
  readonly sideEffects: boolean
}

/** An import leads to none. */
export interface NotInLayers {
  readonly path: null
  /** If there is more to say than that. */
  readonly reason: string | null
  /** It would, but must not: what is to be said of it. */
  readonly refusal: string | null
}

/** The merged layers of a function, laid out in a real folder that stands for `/opt`. */
export class LayerFolder {
  /** Absolute, without symbolic links. */
  readonly folder: string
  readonly merged: MergedLayers

  constructor(folder: string, merged: MergedLayers) {
    this.folder = realpathSync(folder)
    this.merged = merged
  }

  /** `/opt/…` for a real path in the folder; null for any other. */
  pathOf(file: string): string | null {
    const way = relative(this.folder, file)
    if (way === '..' || way.startsWith(`..${sep}`)) return null
    return posix.join(layerRoot, way.replaceAll(sep, '/'))
  }

  /** The other way round. */
  fileOf(path: string): string {
    return join(this.folder, path.slice(layerRoot.length))
  }

  /** The layer that a file is from: `lodash:1`. */
  layerOf(path: string): string | null {
    const found = this.merged.find(path.slice(`${layerRoot}/`.length))
    return found === undefined ? null : this.merged.layers[found.layer]!.reference
  }

  /**
   * Asks the bundler where an import by a function leads to: a path below `/opt`, or a package. Whatever lies outside of the
   * folder is not found, such as packages in folders above it.
   */
  async resolve(
    specifier: string,
    options: { readonly kind: ImportKind; readonly resolve: PluginBuild['resolve']; readonly asked: Asked },
  ): Promise<FoundInLayers | NotInLayers> {
    const isPath = isLayerPath(specifier)
    const path = isPath ? posix.normalize(specifier) : specifier
    if (isPath && !isLayerPath(path))
      return { path: null, reason: `leads out of ${layerRoot}`, refusal: null }
    const { kind, resolve, asked: pluginData } = options
    const found = await resolve(isPath ? this.fileOf(path) : path, {
      kind,
      // The bundler finds nothing from a folder that is not there, not even a whole path.
      resolveDir: isPath ? this.folder : join(this.folder, 'nodejs'),
      namespace: 'file',
      pluginData,
    })
    if (found.errors.length === 0) {
      const inside = found.namespace === 'file' ? this.pathOf(found.path) : null
      if (inside !== null) return { path: inside, suffix: found.suffix, sideEffects: found.sideEffects }
    }
    const refusal = found.errors.find(({ text }) => !text.startsWith('Could not resolve'))?.text ?? null
    return { path: null, reason: isPath ? null : this.#whyNot(path), refusal }
  }

  /** The bundler gives plugins no reason. */
  #whyNot(specifier: string): string | null {
    const [, name, inner] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier) ?? []
    const place = `${layerRoot}/${packages}/${name}`
    return existsSync(this.fileOf(place)) ? `${place} has or exports no ".${inner}"` : null
  }

  /** Where packages of functions are looked for. */
  readonly places: readonly string[] = [posix.join(layerRoot, packages)]

  /** Where packages are looked for that a file of a layer imports, those that there are first. */
  placesFrom(path: string): string[] {
    const places = new Set<string>()
    for (let at = posix.dirname(path); at.startsWith(layerRoot); at = posix.dirname(at)) {
      const place = posix.join(at, 'node_modules')
      if (existsSync(this.fileOf(place))) places.add(place)
    }
    return [...new Set([...places, ...this.places])]
  }
}

export function isLayerPath(specifier: string): boolean {
  return specifier === layerRoot || specifier.startsWith(`${layerRoot}/`)
}
