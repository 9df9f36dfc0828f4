import ivm from 'isolated-vm'
import { noConfig } from './abi.ts'
import type { CodeCache } from './code-cache.ts'
import { compileRehearsed } from './rehearsed-code.ts'

/** The name under which its frames stand in stacks. */
const filename = 'isolette:bootstrap'

interface CompiledScript {
  readonly source: string
  /** V8 checks that it fits the source. */
  readonly cachedData: CodeCache
}

/** The scripts of the guest's side, compiled once a process. */
export class CompiledBootstrap {
  /** What isolates are configured with until a function is loaded, whose top level finds it. */
  readonly configJson: string
  readonly #main: CompiledScript
  readonly #parts: readonly CompiledScript[]

  /** For the sources see `bundleBootstrap`; `userAgent` is what `navigator.userAgent` is. */
  constructor(sources: readonly string[], userAgent = 'isolette') {
    this.configJson = JSON.stringify({ ...noConfig, userAgent })
    const isolate = new ivm.Isolate({ memoryLimit: 32 })
    const [main, ...parts] = sources
    this.#main = { source: main!, cachedData: compileRehearsed(main!, filename) }
    this.#parts = parts.map((source) => {
      const script: ivm.Script & ivm.CachedDataResult = isolate.compileScriptSync(source, {
        filename,
        produceCachedData: true,
      })
      return { source, cachedData: script.cachedData! }
    })
    isolate.dispose()
  }

  /** Evaluates the script that every isolate begins with; returns what the host holds of it (see `abi.ts`). */
  evaluate(isolate: ivm.Isolate, context: ivm.Context): ivm.Reference {
    return evaluate(this.#main, isolate, context)
  }

  /**
   * Answers `op.evaluatePart`, within the guest's call. The guest is given the very function: nothing else holds it.
   *
   * @param part hostile.
   * @returns undefined if there is no such part, or if the guest's stack or memory are used up. Never throws: an
   * exception that crosses into the guest would carry the host's stack.
   */
  evaluatePart(isolate: ivm.Isolate, context: ivm.Context, part: unknown): unknown {
    const script =
      Number.isSafeInteger(part) && (part as number) > 0 ? this.#parts[(part as number) - 1] : undefined
    if (script === undefined) return undefined
    try {
      return evaluate(script, isolate, context).derefInto({ release: true })
    } catch {
      return undefined
    }
  }
}

function evaluate(compiled: CompiledScript, isolate: ivm.Isolate, context: ivm.Context): ivm.Reference {
  const { source, cachedData } = compiled
  const script = isolate.compileScriptSync(source, { filename, cachedData })
  const value: ivm.Reference = script.runSync(context, { reference: true })
  script.release()
  return value
}
