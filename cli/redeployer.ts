import { sep } from 'node:path'
import type { AdminClient } from './admin-client.ts'
import { deployChanged } from './deploy-paths.ts'
import { findFunctions } from './find-functions.ts'

/** Deploys again what a change of files concerns, one change after the other. */
export class Redeployer {
  readonly #paths: readonly string[]
  readonly #client: AdminClient
  #known: ReadonlySet<string>
  #last: Promise<void> = Promise.resolve()

  /** Begins with all functions at and below `paths` (absolute) deployed. */
  constructor(paths: readonly string[], client: AdminClient) {
    this.#paths = paths
    this.#client = client
    this.#known = new Set(findFunctions(paths).functions)
  }

  /** Resolves when everything that the change concerns is deployed or refused. */
  redeploy(changed: ReadonlySet<string>): Promise<void> {
    this.#last = this.#last.then(() => this.#run(changed))
    return this.#last
  }

  async #run(changed: ReadonlySet<string>): Promise<void> {
    const { functions } = findFunctions(this.#paths)
    for (const path of concernedBy(changed, functions, this.#known)) await deployChanged(path, this.#client)
    this.#known = new Set(functions)
  }
}

/**
 * Functions that are new or in which something changed. What lies in no function may be imported by any of them, so then
 * it is all: the server leaves alone what turns out to be the same.
 */
export function concernedBy(
  changed: ReadonlySet<string>,
  functions: readonly string[],
  known: ReadonlySet<string>,
): readonly string[] {
  const owner = (path: string) => functions.find((one) => path === one || path.startsWith(one + sep))
  const owners = new Set([...changed].map(owner))
  if (owners.has(undefined)) return functions
  return functions.filter((one) => owners.has(one) || !known.has(one))
}
