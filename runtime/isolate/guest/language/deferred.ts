import { Promise } from '../primordials.ts'

/** A promise that is settled from outside. */
export class Deferred<Value> {
  readonly promise: Promise<Value>
  // Assigned by the promise's executor, which runs in the constructor.
  resolve!: (value: Value) => void
  reject!: (reason: unknown) => void

  constructor() {
    this.promise = new Promise<Value>((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}

/** A rejection of `promise` that nobody awaits is no mistake of the guest's. */
export async function ignoreRejection(promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch {
    // Whoever wants to know has the promise.
  }
}
