import type { FailedOutcome } from '../../runtime/index.ts'

/** How exchanges fail by themselves, apart from what their functions do. */
export const exchangeFailures = {
  noResponse: {
    kind: 'internal_error',
    message: 'The invoker gave a result instead of a response',
  },
  leftBeforeBody: {
    kind: 'canceled',
    message: 'The client left before its body was complete',
  },
  leftBeforeEnd: {
    kind: 'canceled',
    message: 'The client left before it had the whole response',
  },
  noRoomForBody: {
    kind: 'overloaded',
    message: 'The bodies of other requests take all the memory that bodies may take',
  },
  noRoomForResponse: {
    kind: 'overloaded',
    message: 'Responses that clients are slow to take fill all the memory that responses may take',
  },
} as const satisfies Record<string, FailedOutcome>
