import type { Deferred } from '../language/deferred.ts'
import { apply, Promise, promiseReject, promiseResolve, promiseThen } from '../primordials.ts'

/** Stands for every promise of a step that has nothing to wait for. No guest ever holds it. */
export const settled: Promise<undefined> = promiseResolve(undefined)

export function ignore(): void {}

/** Calls one of two functions when `promise` is settled, which then counts as handled. They must not throw. */
export function whenSettled<Value>(
  promise: Promise<Value>,
  onFulfilled: (value: Value) => void,
  onRejected: (reason: unknown) => void,
): void {
  void promiseThen(promise, onFulfilled, onRejected)
}

export function whenFulfilled(promise: Promise<unknown>, onFulfilled: () => void): void {
  void promiseThen(promise, onFulfilled)
}

export function whenRejected(promise: Promise<unknown>, onRejected: (reason: unknown) => void): void {
  void promiseThen(promise, ignore, onRejected)
}

/** A rejection of `promise` that nobody awaits is no mistake of the guest's. */
export function markHandled(promise: Promise<unknown>): void {
  void promiseThen(promise, ignore, ignore)
}

/** Calls `run` from the microtask queue. It must not throw. */
export function inMicrotask(run: () => void): void {
  whenFulfilled(settled, run)
}

/**
 * Web IDL's "promise resolved with": a new one, even for what is a promise already, which then takes two turns of the
 * microtask queue more.
 */
export function resolvedWith(value: unknown): Promise<unknown> {
  return value === undefined ? settled : new Promise((resolve) => resolve(value))
}

/**
 * Resolves `deferred` with a promise of the bootstrap's own: as the language does, that is two turns of the microtask
 * queue after it, but without asking the promise for its `then`.
 */
export function resolveWith<Value>(deferred: Deferred<Value>, promise: Promise<Value>): void {
  inMicrotask(() => whenSettled(promise, deferred.resolve, deferred.reject))
}

/** What a guest's function answers, as a promise; rejected with what it throws. */
export function callForPromise(
  method: (...args: never[]) => unknown,
  self: unknown,
  args: readonly unknown[],
): Promise<unknown> {
  try {
    return resolvedWith(apply(method, self, args))
  } catch (thrown) {
    return promiseReject(thrown)
  }
}

/** What `promise` becomes, without its value. */
export function withoutValue(promise: Promise<unknown>): Promise<undefined> {
  return promiseThen(promise, () => undefined)
}
