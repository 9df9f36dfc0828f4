import { noShare, type Share } from '../model/share.ts'

/** A worker that may get a share. */
export interface Claimant {
  readonly need: Share
  readonly isHolder: boolean
}

/**
 * Divides what a function may have over all workers: fairly up to what each needs, and what is left among those that
 * need any, so that a burst need not ask. Of more workers than there are shares, those stay that hold one: the others
 * hand their requests over to them. Nobody gets requests without an instance, or an instance without requests.
 */
export function divideShare(totals: Share, claimants: readonly Claimant[]): Share[] {
  const capacity = Math.min(totals.requests, totals.instances)
  const isScarce = claimants.length > capacity
  const chosen = new Set(isScarce ? firstHolders(claimants, capacity) : claimants)
  const floors = claimants.map((claimant) => {
    if (!chosen.has(claimant)) return 0
    return isScarce || claimant.need.requests > 0 ? 1 : 0
  })
  const needs = (what: keyof Share) =>
    claimants.map(({ need }, index) => (floors[index] === 0 ? 0 : Math.max(1, need[what])))
  const requests = fill(totals.requests, needs('requests'))
  const instances = fill(totals.instances, needs('instances'))
  return claimants.map((_, index) =>
    floors[index] === 0 ? noShare : { requests: requests[index]!, instances: instances[index]! },
  )
}

function firstHolders(claimants: readonly Claimant[], capacity: number): readonly Claimant[] {
  const rank = ({ isHolder, need }: Claimant) => (isHolder ? 0 : need.requests > 0 ? 1 : 2)
  return claimants.toSorted((a, b) => rank(a) - rank(b)).slice(0, capacity)
}

/** Gives to each at most what it needs and as evenly as that allows, then the rest evenly. 0 = needs none, gets none. */
function fill(total: number, needs: readonly number[]): number[] {
  const shares = needs.map(() => 0)
  let order = needs.map((_, index) => index).filter((index) => needs[index]! > 0)
  if (total === Number.POSITIVE_INFINITY) {
    for (const index of order) shares[index] = total
    return shares
  }
  order = order.toSorted((a, b) => needs[a]! - needs[b]!)
  let left = total
  order.forEach((index, rank) => {
    const share = Math.min(needs[index]!, Math.floor(left / (order.length - rank)))
    shares[index] = share
    left -= share
  })
  order.forEach((index, rank) => {
    const more = Math.floor(left / (order.length - rank))
    shares[index] = shares[index]! + more
    left -= more
  })
  return shares
}
