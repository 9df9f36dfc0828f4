import { hookNumber } from '../../abi.ts'
import { loaded } from '../boot/loaded.ts'
import { envOf } from '../invocation/env-of.ts'
import { answerThrown, finishOne, Invocation, keepWaiting } from '../invocation/invocation.ts'
import { writeResult } from '../invocation/results.ts'
import { apply } from '../primordials.ts'
import { LifecycleContext } from './lifecycle-context.ts'

/** Calls `init(env, ctx)` or `shutdown(ctx)`, whichever the number says. Never rejects. */
export async function runHook(requestId: number, hook: number, remainingMs: number): Promise<void> {
  const invocation = new Invocation(requestId, '', remainingMs)
  keepWaiting(invocation)
  try {
    const { self, call } = (hook === hookNumber.init ? loaded.init : loaded.shutdown)!
    const context = new LifecycleContext(invocation)
    await apply(call, self, hook === hookNumber.init ? [envOf(invocation), context] : [context])
    if (!invocation.isAnswered) writeResult(requestId, 'null')
    invocation.isAnswered = true
  } catch (thrown) {
    answerThrown(invocation, thrown)
  }
  finishOne(invocation)
}
