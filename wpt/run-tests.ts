import { availableParallelism } from 'node:os'
import type { Checkout } from './checkout.ts'
import { Lane } from './lane.ts'
import type { TestResult } from './subtest.ts'
import type { TargetName } from './target.ts'
import type { TestCase } from './test-plan.ts'
import { composeProgram } from './test-program.ts'

export interface RanTest {
  readonly test: TestCase
  readonly result: TestResult
}

/** As the harness has them in browsers; `long` is what a test asks for by `// META: timeout=long`. */
const timeoutMs = { normal: 10_000, long: 60_000 }

/** Runs all tests, a few at a time. In the order of `tests`. */
export async function runTests(
  checkout: Checkout,
  tests: readonly TestCase[],
  { target, onDone }: { target: TargetName; onDone: (ran: RanTest) => void },
): Promise<RanTest[]> {
  const ran: RanTest[] = []
  let next = 0
  const runLane = async (): Promise<void> => {
    const lane = new Lane(target)
    try {
      while (next < tests.length) {
        const index = next++
        const test = tests[index]!
        const result = await lane.run({
          program: composeProgram(checkout, test),
          timeoutMs: test.metadata.isLong ? timeoutMs.long : timeoutMs.normal,
        })
        ran[index] = { test, result }
        onDone(ran[index])
      }
    } finally {
      lane.close()
    }
  }
  const lanes = Math.min(tests.length, availableParallelism(), maxLanes)
  await Promise.all(Array.from({ length: lanes }, runLane))
  return ran
}

const maxLanes = 4
