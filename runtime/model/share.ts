/** What one worker may have of a function at once. `Infinity` = no cap. */
export interface Share {
  /** Invocations that run or wait for an instance. */
  readonly requests: number
  readonly instances: number
}

export const noShare: Share = { requests: 0, instances: 0 }

/** Whether `a` is more than `b` of anything. */
export function exceeds(a: Share, b: Share): boolean {
  return a.requests > b.requests || a.instances > b.instances
}

export function isSameShare(a: Share, b: Share): boolean {
  return a.requests === b.requests && a.instances === b.instances
}

/** Of each the smaller. */
export function smaller(a: Share, b: Share): Share {
  return {
    requests: Math.min(a.requests, b.requests),
    instances: Math.min(a.instances, b.instances),
  }
}

/** Of each the larger. */
export function larger(a: Share, b: Share): Share {
  return {
    requests: Math.max(a.requests, b.requests),
    instances: Math.max(a.instances, b.instances),
  }
}

/** What a worker is told of its share of a function. */
export interface Grant {
  readonly functionName: string
  /** Counts the grants of one holding; `Held` names the one that it is about. */
  readonly sequence: number
  /** The last of the worker's wants that the supervisor had heard of. */
  readonly wantId: number
  /** Whether this is the answer to that want: more is not to be had at once. */
  readonly isAnswer: boolean
  readonly share: Share
  /** The workers that have a share, but for the one that is told. */
  readonly holders: readonly number[]
}

/** What a worker says of its share of a function. */
export type LeaseNote =
  /** What it could use. `isAsking`: requests wait for the answer. */
  | {
      readonly kind: 'want'
      readonly functionName: string
      readonly wantId: number
      readonly need: Share
      readonly isAsking: boolean
    }
  /** What it will not pass until the next grant: its share, or what it uses, where that is still more. */
  | {
      readonly kind: 'held'
      readonly functionName: string
      readonly sequence: number
      readonly held: Share
    }
  /** It uses none, and has forgotten its share. */
  | { readonly kind: 'release'; readonly functionName: string; readonly wantId: number }
