import type { Invocation, Target } from '../../runtime/model/invocation.ts'
import { SentBody } from './body-fixture.ts'
import { fetching, type PoolFixture, type Settled } from './pool-fixture.ts'

/** A handler that answers once its request's body has ended: tests say how long requests run. */
export const holding = fetching('return new Response(await request.text())')

/** A request to `holding` that runs until it is released. */
export interface Held {
  readonly invocation: Invocation
  readonly settled: Promise<Settled>
  /** What became of it so far. */
  readonly kind: string
  /** Lets it end. Resolves when it has. */
  release(): Promise<Settled>
}

export function hold(fixture: PoolFixture, target: Target, timeoutMs?: number): Held {
  const body = new SentBody()
  let kind = 'running'
  const { invocation, settled } = fixture.begin(target, '/', timeoutMs, body.pipe)
  settled.then(({ outcome }) => {
    kind = outcome.kind
  })
  return {
    invocation,
    settled,
    get kind() {
      return kind
    },
    async release() {
      body.pipe.end()
      return settled
    },
  }
}

/** As many turns of the event loop as work that waits for nothing else may take. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}
