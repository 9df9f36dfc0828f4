import type { TestResult } from './subtest.ts'

/** Where tests run. Those of one target run one at a time; nothing of a test reaches the next. */
export interface Target {
  /** Never rejects but by a fault of the runner. */
  run(program: string, timeoutMs: number): Promise<TestResult>
}

export type TargetName = 'isolette' | 'node'

export async function createTarget(name: TargetName): Promise<Target> {
  if (name === 'node') return new (await import('./node-target.ts')).NodeTarget()
  return (await import('./instance-target.ts')).createInstanceTarget()
}
