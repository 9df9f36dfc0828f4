import {
  exceeds,
  type Grant,
  isSameShare,
  type LeaseNote,
  larger,
  noShare,
  type Share,
  smaller,
} from '../model/share.ts'
import { divideShare } from './divide-share.ts'

export interface LeaseBookOptions {
  /** What a function may have over all workers, now. */
  readonly totalsOf: (functionName: string) => Share
  readonly send: (worker: number, grant: Grant) => void
}

/** One worker's part of one function. */
interface Holding {
  need: Share
  /** What it is to have. */
  target: Share
  /** What it was told last: at most `target`, at most `held`. */
  told: Share
  /** What it may be using. Only the worker itself can lower it. */
  held: Share
  /** Of the last grant. */
  sequence: number
  /** Of the last grant that it has confirmed. */
  confirmed: number
  wantId: number
  /** Its want is not answered yet. */
  isAsking: boolean
  toldHolders: string
}

/**
 * Who holds how much of what functions may have over all workers. Granted is never more than the total: what is taken
 * from one worker goes to another only when the first has said that it uses it no longer, or is dead.
 */
export class LeaseBook {
  readonly #options: LeaseBookOptions
  readonly #functions = new Map<string, Map<number, Holding>>()
  readonly #retired = new Set<number>()

  constructor(options: LeaseBookOptions) {
    this.#options = options
  }

  /** What a worker says. */
  receive(worker: number, note: LeaseNote): void {
    switch (note.kind) {
      case 'want':
        this.#want(worker, note)
        break
      case 'held':
        this.#confirm(worker, note)
        break
      case 'release':
        this.#release(worker, note.functionName)
        break
    }
  }

  /** It drains: its share goes to others as it stops using it, if there are others that want any. */
  retire(worker: number): void {
    this.#retired.add(worker)
    for (const [functionName, holdings] of this.#functions) {
      if (holdings.has(worker)) this.#divide(functionName, holdings)
    }
  }

  /** It is dead: what it held is free. */
  remove(worker: number): void {
    this.#retired.delete(worker)
    for (const [functionName, holdings] of [...this.#functions]) {
      if (holdings.has(worker)) this.#release(worker, functionName)
    }
  }

  /** The function's settings changed, or it is gone. */
  totalsChanged(functionName: string): void {
    const holdings = this.#functions.get(functionName)
    if (holdings !== undefined) this.#divide(functionName, holdings)
  }

  #want(
    worker: number,
    { functionName, wantId, need, isAsking }: Extract<LeaseNote, { kind: 'want' }>,
  ): void {
    const holdings = this.#functions.get(functionName) ?? new Map<number, Holding>()
    this.#functions.set(functionName, holdings)
    let holding = holdings.get(worker)
    if (holding === undefined) {
      holding = newHolding()
      holdings.set(worker, holding)
    }
    holding.wantId = wantId
    holding.need = need
    holding.isAsking = isAsking || holding.isAsking
    // Else what is unused stays where it is: moving it to and fro would cost more than it brings.
    if ([...holdings.values()].some(isShort)) this.#divide(functionName, holdings)
    else this.#settle(functionName, holdings)
  }

  #confirm(worker: number, { functionName, sequence, held }: Extract<LeaseNote, { kind: 'held' }>): void {
    const holdings = this.#functions.get(functionName)
    const holding = holdings?.get(worker)
    // One that was sent before it heard of the last grant says less than it may have by now.
    if (holdings === undefined || holding === undefined || sequence !== holding.sequence) return
    holding.confirmed = sequence
    holding.held = smaller(holding.held, larger(held, holding.told))
    this.#settle(functionName, holdings)
  }

  #release(worker: number, functionName: string): void {
    const holdings = this.#functions.get(functionName)
    if (holdings === undefined || !holdings.delete(worker)) return
    if (holdings.size === 0) this.#functions.delete(functionName)
    else this.#divide(functionName, holdings)
  }

  #divide(functionName: string, holdings: ReadonlyMap<number, Holding>): void {
    const all = [...holdings]
    const staying = all.filter(([worker]) => !this.#retired.has(worker))
    // Where none of them needs any, one that drains goes on with what waits in it.
    const isWanted = staying.some(([, { need }]) => need.requests > 0)
    const claimants = (isWanted ? staying : all).map(([, holding]) => ({
      holding,
      need: holding.need,
      isHolder: holding.target.requests > 0,
    }))
    for (const holding of holdings.values()) holding.target = noShare
    const shares = divideShare(this.#options.totalsOf(functionName), claimants)
    for (const [index, { holding }] of claimants.entries()) holding.target = shares[index]!
    this.#settle(functionName, holdings)
  }

  /** Grants what is free, and tells those whose share has changed. */
  #settle(functionName: string, holdings: ReadonlyMap<number, Holding>): void {
    const totals = this.#options.totalsOf(functionName)
    let free = {
      requests: totals.requests - sum(holdings, 'requests'),
      instances: totals.instances - sum(holdings, 'instances'),
    }
    for (const holding of holdings.values()) {
      const before = holding.held
      holding.held = {
        requests: raised(before.requests, holding.target.requests, free.requests),
        instances: raised(before.instances, holding.target.instances, free.instances),
      }
      free = {
        requests: left(free.requests, before.requests, holding.held.requests),
        instances: left(free.instances, before.instances, holding.held.instances),
      }
    }
    const isLowering = [...holdings.values()].some((holding) => {
      const isTold = isSameShare(usableShare(holding), holding.told)
      return exceeds(holding.held, holding.target) && (!isTold || holding.confirmed !== holding.sequence)
    })
    const usable = new Map([...holdings].map(([worker, holding]) => [worker, usableShare(holding)]))
    const holders = [...usable].filter(([, share]) => share.requests > 0).map(([worker]) => worker)
    for (const [worker, holding] of holdings) {
      const others = holders.filter((holder) => holder !== worker)
      this.#tell(worker, functionName, holding, { share: usable.get(worker)!, others, isLowering })
    }
  }

  #tell(
    worker: number,
    functionName: string,
    holding: Holding,
    { share, others, isLowering }: { share: Share; others: readonly number[]; isLowering: boolean },
  ): void {
    const isAnswer = holding.isAsking && (exceeds(share, holding.told) || !isLowering)
    // Who has a share of its own asks nobody else.
    const holders = share.requests === 0 ? others : []
    // Who waits for an answer hears of others by it.
    const isOtherNews = !holding.isAsking && holders.join() !== holding.toldHolders
    if (!isAnswer && !isOtherNews && isSameShare(share, holding.told)) return
    if (isAnswer) holding.isAsking = false
    holding.told = share
    holding.toldHolders = holders.join()
    holding.sequence++
    const { sequence, wantId } = holding
    this.#options.send(worker, { functionName, sequence, wantId, isAnswer, share, holders })
  }
}

function newHolding(): Holding {
  return {
    need: noShare,
    target: noShare,
    told: noShare,
    held: noShare,
    sequence: 0,
    confirmed: 0,
    wantId: 0,
    isAsking: false,
    toldHolders: '',
  }
}

/** Requests without an instance, or the other way round, are of no use until the other comes. */
function usableShare({ target, held }: Holding): Share {
  const share = smaller(target, held)
  return share.requests === 0 || share.instances === 0 ? noShare : share
}

function raised(held: number, target: number, free: number): number {
  return target <= held || free <= 0 ? held : Math.min(target, held + free)
}

function left(free: number, before: number, after: number): number {
  // Infinity less Infinity is no number.
  return after === before ? free : free === Number.POSITIVE_INFINITY ? free : free - (after - before)
}

function sum(holdings: ReadonlyMap<number, Holding>, what: keyof Share): number {
  let total = 0
  for (const { held } of holdings.values()) {
    // Of what had no cap before nobody knows how much there is; it goes as it ends.
    if (held[what] !== Number.POSITIVE_INFINITY) total += held[what]
  }
  return total
}

function isShort({ need, target }: Holding): boolean {
  return exceeds(need, target)
}
