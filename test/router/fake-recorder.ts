import type { Invocation } from '../../runtime/model/invocation.ts'
import type { Outcome } from '../../runtime/model/outcome.ts'
import type { Recorder } from '../../runtime/observe/recorder.ts'

export interface Settled {
  readonly invocation: Invocation
  readonly outcome: Outcome
  readonly status: number | null
  readonly settledAtMs: number
}

/** Remembers what it was told. */
export class FakeRecorder implements Recorder {
  readonly settledOnes: Settled[] = []
  readonly refusedStatuses: number[] = []

  settled(invocation: Invocation, outcome: Outcome, status: number | null, settledAtMs: number): void {
    this.settledOnes.push({ invocation, outcome, status, settledAtMs })
  }

  ranOn(): void {}

  hookEnded(): void {}

  refused(status: number): void {
    this.refusedStatuses.push(status)
  }

  setFollow(): void {}

  metrics() {
    return { versions: [], refused: {} }
  }

  close(): void {}
}
