import type { CallControl } from '../delivery/call-control.ts'
import { IsoletteError } from '../model/errors.ts'

/**
 * Refuses to remove what calls wait for that have not ended. One that is accepted after this ends as a dead letter
 * (`function_gone`): workers accept without asking anybody.
 *
 * @throws IsoletteError `in_use`
 */
export async function refuseWhileHeld(
  calls: Pick<CallControl, 'holds'>,
  functionName: string,
  version: number | null,
): Promise<void> {
  const held = await calls.holds(functionName, version)
  if (held === 0) return
  const what = version === null ? `function ${functionName}` : `version ${version} of ${functionName}`
  const named = `${held} asynchronous ${held === 1 ? 'call that has' : 'calls that have'} not ended`
  throw new IsoletteError('in_use', `Cannot remove ${what}: in use by ${named}, must be unused`, {
    details: { calls: held },
  })
}
