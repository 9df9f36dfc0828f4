import { Map, mapDelete, mapGet, mapSet } from '../primordials.ts'

/** Who waits for an asynchronous op. Neither function may throw. */
export interface OpWaiter {
  readonly requestId: number
  resolve(text: string): void
  reject(message: string): void
}

const waiters = new Map<number, OpWaiter>()
let lastOpId = 0

/** @returns the id under which the host is to answer. */
export function awaitOp(waiter: OpWaiter): number {
  lastOpId++
  mapSet(waiters, lastOpId, waiter)
  return lastOpId
}

/** It will not be told any more. */
export function forgetOp(opId: number): void {
  mapDelete(waiters, opId)
}

/** @returns the request that began the op, 0 if unknown. */
export function resolveOp(opId: number, text: string): number {
  const waiter = take(opId)
  waiter?.resolve(text)
  return waiter?.requestId ?? 0
}

/** @returns the request that began the op, 0 if unknown. */
export function rejectOp(opId: number, message: string): number {
  const waiter = take(opId)
  waiter?.reject(message)
  return waiter?.requestId ?? 0
}

function take(opId: number): OpWaiter | undefined {
  const waiter = mapGet(waiters, opId)
  mapDelete(waiters, opId)
  return waiter
}
