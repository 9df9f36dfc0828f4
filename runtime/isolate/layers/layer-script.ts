import type ivm from 'isolated-vm'
import type { Digest } from '../../model/version.ts'
import type { CodeCache } from '../code-cache.ts'
import type { LoadFailure } from '../instance/evaluation.ts'
import type { LayerFiles } from './layer-files.ts'

/** The name under which a layer script's frames stand in stacks. */
export const layersFilename = 'isolette:layers'

/** What a version has of its layers. */
export interface LayerAccess {
  /** Of the modules that the version imports from them; null = of none. */
  readonly script: CompiledLayerScript | null
  /** Whether waiting isolates should evaluate that script before a function arrives. */
  readonly isPreloaded: boolean
  readonly files: LayerFiles
}

/**
 * What was found when a waiting isolate evaluated a layer script for the first time in this process.
 */
export interface PreloadReport {
  readonly digest: Digest
  /** Why it is not preloaded again; null = it is. */
  readonly failure: LoadFailure | null
  /** What the layers' code wrote to the console, the first lines of it. */
  readonly lines: readonly string[]
  readonly droppedLines: number
}

/**
 * The modules that functions import from one list of layers, as one script; its code is compiled once a process.
 *
 * The contract between the bundler and the guest:
 *
 * A **layer script** is a classic script, compiled under the name `isolette:layers`. It adds nothing to the global, and
 * its completion value is a function
 *
 *   `(layerFiles) => ({ preload: string[], require(path: string): unknown })`
 *
 * `require('/opt/nodejs/node_modules/lodash/lodash.js')` evaluates that module when it is first called for it and returns
 * its CommonJS exports (of an ES module an object with `__esModule: true` and live getters). It throws for a path that
 * is not in the script. `preload` are the paths that a waiting isolate evaluates, in that order. Nothing of a module
 * is evaluated before `require` asks for it.
 *
 * The **function script** of a version that has layers (`manifest.layers` is not empty), whether or not it imports
 * anything from them, has as its completion value not the module's exports but a function
 *
 *   `(requireLayer, layerFiles) => exports`
 *
 * which evaluates the module. `requireLayer` is the layer script's `require`; without a layer script it throws. Without
 * layers a function's script stays what it was.
 *
 * `layerFiles` is what `isolette:layers` exports, for both: `{ readFile(path): Uint8Array, readText(path): string,
 * list(path): string[] }`, frozen. It is no global: the bundler's module of that name hands it on.
 */
export class CompiledLayerScript {
  /** The same for two scripts only if an isolate that evaluated one will do for the other: by content of script and files. */
  readonly key: string
  readonly digest: Digest
  readonly files: LayerFiles
  readonly #source: string
  readonly #codeCache: CodeCache | null
  readonly #onFirstPreload: (report: PreloadReport) => void
  #isReported = false
  #failure: LoadFailure | null = null

  constructor(options: {
    readonly key: string
    readonly digest: Digest
    readonly source: string
    /** Null = it is compiled anew in each isolate. */
    readonly codeCache: CodeCache | null
    readonly files: LayerFiles
    /** Called once: what a waiting isolate found, or why it could not. */
    readonly onFirstPreload: (report: PreloadReport) => void
  }) {
    this.key = options.key
    this.digest = options.digest
    this.files = options.files
    this.#source = options.source
    this.#codeCache = options.codeCache
    this.#onFirstPreload = options.onFirstPreload
  }

  /** Why waiting isolates need not try: it failed in one. Versions evaluate it when they are loaded. Null = it did not. */
  get failure(): LoadFailure | null {
    return this.#failure
  }

  /** A waiting isolate has evaluated it, or failed to. */
  notePreload(report: Omit<PreloadReport, 'digest'>): void {
    this.#failure ??= report.failure
    if (this.#isReported && report.failure === null) return
    this.#isReported = true
    this.#onFirstPreload({ digest: this.digest, ...report })
  }

  /** The function that is its completion value. @throws what compiling it throws */
  evaluate(isolate: ivm.Isolate, context: ivm.Context): ivm.Reference {
    const cachedData = this.#codeCache
    const options = { filename: layersFilename, ...(cachedData === null ? {} : { cachedData }) }
    const script = isolate.compileScriptSync(this.#source, options)
    const factory: ivm.Reference = script.runSync(context, { reference: true })
    script.release()
    return factory
  }
}
