import ivm from 'isolated-vm'
import { op, progressIndex } from './abi.ts'
import type { CompiledBootstrap } from './compiled-bootstrap.ts'
import type { Guardian } from './guardian.ts'
import { interrupted } from './instance/instance-outcomes.ts'
import type { Preloaded } from './layers/preload-layers.ts'
import { rehearse, type Stage } from './rehearsal.ts'

/**
 * Answers the guest's host calls. Arguments are hostile: anything that can be copied between isolates. An `ArrayBuffer`
 * that it answers is the guest's from then on.
 */
export type OpHandler = (
  number: unknown,
  a: unknown,
  b: unknown,
  c: unknown,
  d: unknown,
  e: unknown,
) => unknown

/**
 * An isolate that has evaluated the bootstrap and waits for a function: what the prewarm pool holds.
 *
 * Creating one takes about 1 to 1.7 ms of the caller's thread, for isolated-vm has no asynchronous constructor.
 */
export class PreparedIsolate {
  readonly isolate: ivm.Isolate
  readonly context: ivm.Context
  readonly memoryMiB: number
  /** What the host holds of the bootstrap (see `abi.ts`). Nobody else does, least of all the guest. */
  readonly configure: ivm.Reference<(config: string) => void>
  readonly load: ivm.Reference<(module: unknown, config?: string, hasLayers?: boolean) => string>
  readonly enter: ivm.Reference<(meta: string, text: string) => void>
  readonly collect: ivm.Reference<() => string>
  readonly layers: ivm.Reference<(script: unknown, step: number) => unknown>
  /** The guest's progress through a batch; see `progressIndex`. */
  readonly progress: Int32Array
  /** What it has evaluated of layers; see `preloadLayers`. */
  preloaded: Preloaded | null = null
  readonly #guardian: Guardian
  readonly #index: number
  #answer: OpHandler = () => undefined
  #fault: unknown

  /** `rehearses` = it takes a request through before somebody waits for it: not worth it if somebody does already. */
  constructor(
    bootstrap: CompiledBootstrap,
    guardian: Guardian,
    memoryMiB: number,
    { rehearses = true }: { readonly rehearses?: boolean } = {},
  ) {
    this.memoryMiB = memoryMiB
    this.#guardian = guardian
    this.isolate = new ivm.Isolate({ memoryLimit: memoryMiB })
    this.context = this.isolate.createContextSync()
    const shared = new SharedArrayBuffer(progressCells * Int32Array.BYTES_PER_ELEMENT)
    this.progress = new Int32Array(shared)
    const global = this.context.global
    global.setSync('__isoletteProgress', new ivm.ExternalCopy(shared).copyInto({ release: true }))
    global.setSync(
      '__isoletteOp',
      new ivm.Callback((number: unknown, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) => {
        if (number === op.evaluatePart) return bootstrap.evaluatePart(this.isolate, this.context, a)
        try {
          const answer = this.#answer(number, a, b, c, d, e)
          return answer instanceof ArrayBuffer ? handOver(answer) : answer
        } catch (error) {
          // isolated-vm would show the guest the host's stack, with the paths of its files.
          this.#fault ??= error
          return undefined
        }
      }),
    )
    const exports = bootstrap.evaluate(this.isolate, this.context)
    this.configure = exports.getSync('configure', { reference: true })
    this.load = exports.getSync('load', { reference: true })
    this.enter = exports.getSync('enter', { reference: true })
    this.collect = exports.getSync('collect', { reference: true })
    this.layers = exports.getSync('layers', { reference: true })
    exports.release()
    if (rehearses) rehearse(this.#stage, bootstrap.configJson)
    else this.configure.applySync(undefined, [bootstrap.configJson])
    this.#index = guardian.add(this.isolate)
  }

  get #stage(): Stage {
    return {
      load: (bundle, configJson) => {
        const script = this.isolate.compileScriptSync(bundle, { filename: 'isolette:rehearsal' })
        const module: ivm.Reference = script.runSync(this.context, { reference: true })
        script.release()
        this.load.applySync(undefined, [module.derefInto({ release: true }), configJson, false])
      },
      enter: (meta, text) => this.enter.applySync(undefined, [meta, text]),
      collect: () => this.collect.applySync(),
    }
  }

  /** From now on this answers the guest's host calls. */
  answerOps(handler: OpHandler): void {
    this.#answer = handler
  }

  /** What the host threw in a call of the guest, which was told nothing of it. */
  get fault(): unknown {
    return this.#fault
  }

  /**
   * Runs `enter` under the guardian's watch.
   *
   * @returns whether the guardian let it pass; if not, the isolate is gone.
   */
  guarded(budgetMs: number, enter: () => void): boolean {
    this.#guardian.enter(this.#index, budgetMs)
    try {
      enter()
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: a condemned entry's error says only that it was condemned
      if (!this.#guardian.leave()) return false
    }
    return true
  }

  /** Used heap and what is allocated outside it, in MiB; 0 once the isolate is gone. */
  heapMiB(): number {
    try {
      const heap = this.isolate.getHeapStatisticsSync()
      return (heap.used_heap_size + heap.externally_allocated_size) / 2 ** 20
    } catch {
      return 0
    }
  }

  dispose(): void {
    this.preloaded?.ops.close(() => interrupted)
    this.#answer = () => undefined
    this.#guardian.forget(this.#index)
    try {
      this.isolate.dispose()
    } catch {
      // The guardian did, perhaps this very moment.
    }
  }
}

/**
 * Copies it once, and not twice. Without any copy, the isolate would not have allocated the memory itself: its limit loses
 * sight of such a buffer when the guest transfers it into another.
 */
function handOver(buffer: ArrayBuffer): ivm.Copy<ArrayBuffer> {
  return new ivm.ExternalCopy(buffer, { transferOut: true }).copyInto({ release: true })
}

const progressCells = Object.keys(progressIndex).length
