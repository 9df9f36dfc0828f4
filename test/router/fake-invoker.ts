import type { Invocation, Invoker } from '../../runtime/model/invocation.ts'
import type { HttpResponse, Outcome } from '../../runtime/model/outcome.ts'

/** Answers as the test says, in a later turn; or holds invocations until the test settles them. */
export class FakeInvoker implements Invoker {
  /** What each invocation answers; null = it stays in `held`. */
  answer: (invocation: Invocation) => Outcome | null = () => textResponse('hi')
  readonly seen: Invocation[] = []
  readonly held: Invocation[] = []
  readonly canceled: Invocation[] = []
  #wake: () => void = () => {}

  invoke(invocation: Invocation): void {
    this.seen.push(invocation)
    const outcome = this.answer(invocation)
    if (outcome === null) this.held.push(invocation)
    else setImmediate(() => invocation.onSettled(outcome))
    this.#wake()
  }

  cancel(invocation: Invocation): void {
    this.canceled.push(invocation)
    this.#wake()
    invocation.onSettled({ kind: 'canceled', message: 'The client went away' })
  }

  /** Resolves when `condition` holds; looked at after each call. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

export function textResponse(body: HttpResponse['body'], response: Partial<HttpResponse> = {}): Outcome {
  return { kind: 'ok', response: { status: 200, headers: [], body, ...response }, result: null }
}
