/**
 * Whose code is running, as far as that can be known: V8 offers an isolate no hook that would follow a request through
 * its promises. It is known while a handler, a timer or an event listener is called, and in the microtasks after an
 * entry that concerned one request alone. 0 = unknown.
 */
let requestId = 0

export function currentRequestId(): number {
  return requestId
}

export function setCurrentRequestId(id: number): void {
  requestId = id
}
