import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import ivm from 'isolated-vm'

/** A script's code as V8 compiled it before; V8 checks that it fits. */
export type CodeCache = ivm.ExternalCopy<ArrayBuffer>

/**
 * Compiles a script with every function in it, so that an isolate that is given the code need not even read the source.
 * The script is not run, and nothing of it stays in this process but what is returned. Takes a millisecond of the thread
 * for some 50 KB.
 *
 * isolated-vm compiles as V8 does by default: a function when it is first called, which for a handler is within its first
 * request. Only Node's own `Script` lets the flag that forbids it be set for the compiling and not for the serialising:
 * V8 takes code only from where the same flags are set. It does not look whose isolate compiled it.
 *
 * The price: in stacks, functions that have no name of their own are called nothing, not `exports.run` as V8 guesses.
 *
 * @returns null if the script does not compile
 */
export function compileEagerly(source: string, filename: string): CodeCache | null {
  setFlagsFromString('--no-lazy')
  let script: Script
  try {
    script = new Script(source, { filename })
  } catch {
    // Whoever evaluates it will be told where its error is.
    return null
  } finally {
    setFlagsFromString('--lazy')
  }
  return new ivm.ExternalCopy(Uint8Array.from(script.createCachedData()).buffer)
}
