import fc from 'fast-check'

/** What is done to two logs alike. Numbers name calls and leases by how many there are: any number names one. */
export type Operation =
  | {
      readonly kind: 'append'
      readonly functionName: string
      readonly version: number
      readonly delayMs: number
      readonly callerId: string | null
      readonly times: number
    }
  | {
      readonly kind: 'claim'
      readonly functionName: string
      readonly limit: number
      readonly leaseMs: number
    }
  | { readonly kind: 'extend'; readonly lease: number; readonly leaseMs: number }
  | { readonly kind: 'end'; readonly lease: number; readonly isSuccess: boolean; readonly follows: boolean }
  | { readonly kind: 'reschedule'; readonly lease: number; readonly inMs: number }
  | { readonly kind: 'stop' | 'redrive' | 'remove'; readonly call: number }
  | { readonly kind: 'pause' | 'resume'; readonly functionName: string }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'sweep' | 'reopen' }

const functionName = fc.constantFrom('a', 'b')
const number = fc.nat({ max: 1000 })
const leaseMs = fc.constantFrom(50, 200)

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      functionName,
      version: fc.constantFrom(1, 2),
      delayMs: fc.constantFrom(0, 0, 0, 70),
      callerId: fc.constantFrom(null, null, null, 'x', 'y'),
      times: fc.constantFrom(1, 2, 5),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('claim'),
      functionName,
      limit: fc.integer({ min: 1, max: 6 }),
      leaseMs,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('extend'), lease: number, leaseMs }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('end'),
      lease: number,
      isSuccess: fc.boolean(),
      follows: fc.constantFrom(false, false, true),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reschedule'),
      lease: number,
      inMs: fc.constantFrom(0, 60),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('stop', 'redrive', 'remove'), call: number }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume', 'resume'), functionName }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(1, 60, 150) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('sweep', 'reopen') }) },
)

export const operations: fc.Arbitrary<Operation[]> = fc.array(operation, { minLength: 10, maxLength: 60 })
