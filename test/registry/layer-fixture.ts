import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { type LayerContent, mergeLayers } from '../../runtime/model/merged-layers.ts'
import { type Bundle, bundleFunction } from '../../runtime/registry/bundling/bundle.ts'
import { LayerFolder } from '../../runtime/registry/bundling/layer-folder.ts'
import { TemporaryFolder } from './temporary-folder.ts'

export type Files = Readonly<Record<string, string>>

export interface TestLayer {
  /** By path below `/opt`. */
  readonly files?: Files
  /** Packages of this repository's own `node_modules`, below `nodejs/node_modules`. */
  readonly packages?: readonly string[]
  readonly preload?: readonly string[]
}

/** Layers `first:1`, `second:1`, …, laid out as one folder. */
export class LayerFixture implements Disposable {
  readonly layers: LayerFolder
  readonly #folder: TemporaryFolder

  constructor(layers: readonly TestLayer[]) {
    // Where packages of the machine lie above the layers, they are none of theirs.
    this.#folder = new TemporaryFolder({
      'node_modules/above/index.js': 'module.exports = "of the machine"',
      'outside.js': 'module.exports = "of the machine"',
      'merged/.keep': '',
      ...Object.fromEntries(
        layers.flatMap(({ files = {} }) =>
          Object.entries(files).map(([path, text]) => [`merged/${path}`, text]),
        ),
      ),
    })
    const folder = join(this.#folder.path, 'merged')
    for (const name of layers.flatMap(({ packages = [] }) => packages))
      cpSync(join('node_modules', name), join(folder, 'nodejs/node_modules', name), {
        recursive: true,
        // Copying all locales of date-fns takes longer than all else.
        filter: (path) => !/\.(md|map|[cm]?ts)$|\/locale\/(?!en-US|_lib)/.test(path),
      })
    this.layers = new LayerFolder(folder, mergeLayers(layers.map(contentOf)))
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

function contentOf({ files = {}, preload }: TestLayer, at: number): LayerContent {
  const paths = Object.keys(files).sort()
  return {
    reference: `${['first', 'second', 'third'][at]}:1`,
    index: {
      pack: '',
      preload: preload ?? null,
      files: paths.map((path) => ({ path, offset: 0, bytes: 0, digest: '' })),
    },
  }
}

export async function bundleWith(
  layers: readonly TestLayer[],
  files: Files,
  options: { readonly main?: string; readonly wasm?: boolean } = {},
): Promise<Bundle> {
  using fixture = new LayerFixture(layers)
  using folder = new TemporaryFolder(files)
  const { main = 'index.ts', wasm = false } = options
  return await bundleFunction({ folder: folder.path, main, usesTsconfig: true }, { wasm }, fixture.layers)
}

/** What the guest's side makes of both scripts; see `isolate/layer-script.ts`. */
export class Evaluated {
  /** Paths in order of their evaluation. */
  readonly required: string[] = []
  readonly preload: readonly string[]
  // biome-ignore lint/suspicious/noExplicitAny: what a guest exports
  readonly exports: any

  constructor(bundle: Bundle, options: { readonly isPreloaded?: boolean; readonly globals?: object } = {}) {
    const context = { ...options.globals }
    // One context for both.
    const run = (code: string, filename: string) => runInNewContext(code, context, { filename })
    const files = { readFile: () => 1, readText: (path: string) => `text of ${path}`, list: () => [] }
    const both = run(
      `[${[bundle.layerScript?.code ?? 'null', bundle.code].map((code) => code.replace(/;\s*$/, '')).join(',\n')}]`,
      'both',
    )
    const script = both[0]?.(files)
    this.preload = script === undefined ? [] : [...script.preload]
    const require = (path: string) => {
      this.required.push(path)
      return script.require(path)
    }
    if (options.isPreloaded) for (const path of this.preload) script.require(path)
    this.exports = both[1](require, files)
  }
}
