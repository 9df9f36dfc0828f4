import { relative } from 'node:path'
import type { DeploymentAnswer } from '../runtime/index.ts'
import type { AdminClient } from './admin-client.ts'
import { formatDeployment } from './deployment-format.ts'
import { asFailure, exitCodes, formatFailure } from './failure.ts'
import { findFunctions } from './find-functions.ts'
import { plain } from './plain.ts'
import { print, printError } from './print.ts'

/**
 * Deploys each function at and below `paths` (absolute) whose content changed. Prints a line for each that did, and for
 * each that was refused, which stops neither the others nor the server.
 *
 * @throws Failure `unreachable` when the server goes away meanwhile
 */
export async function deployPaths(paths: readonly string[], client: AdminClient): Promise<void> {
  const { functions, empty } = findFunctions(paths)
  for (const path of empty) {
    printError(
      `isolette: not_found: Cannot find a function at ${shorten(path)}: must be one, or a folder of some`,
    )
  }
  for (const path of functions) await deployChanged(path, client)
}

/** Deploys the function at `path` if it changed; see `deployPaths`. */
export async function deployChanged(path: string, client: AdminClient): Promise<void> {
  try {
    const answer = await client.ask<DeploymentAnswer>('POST', '/v1/deployments', { path, ifChanged: true })
    for (const warning of answer.warnings) printError(`isolette: warning: ${plain(warning)}`)
    if (!answer.unchanged) print(formatDeployment(answer))
  } catch (thrown) {
    const failure = asFailure(thrown)
    if (failure.exitCode === exitCodes.unreachable) throw failure
    printError(plain(formatFailure(failure, shorten(path))))
  }
}

function shorten(path: string): string {
  const fromHere = relative('', path)
  return fromHere === '' ? '.' : fromHere.startsWith('..') ? path : fromHere
}
