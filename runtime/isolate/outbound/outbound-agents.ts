import { lookup as systemLookup } from 'node:dns'
import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import type { Agent } from 'undici'
import { type EgressCeiling, EgressPolicy, type EgressSettings } from '../../model/egress.ts'
import { HostWorkLane } from '../host-work/host-work-lane.ts'
import { egressConnector, type Lookup } from './egress-connector.ts'

type Undici = typeof import('undici')

export interface OutboundOptions {
  /** What the operator allows at all. */
  readonly ceiling: EgressCeiling
  /** Default: the system's. */
  readonly lookup?: Lookup
}

/** What carries out requests: a library, and the connections to use it with. */
export interface OutboundClient {
  readonly undici: Undici
  readonly agent: Agent
  /** Whether so many connections are open that none more is to be kept after its request. */
  readonly isCrowded: boolean
}

interface FunctionAgent {
  readonly egress: EgressSettings
  readonly client: OutboundClient
  /** Requests that use it. A redirect needs its agent open. */
  running: number
  isRetired: boolean
}

/** An agent that somebody uses. */
export class OutboundLease {
  readonly client: OutboundClient
  readonly #held: FunctionAgent
  #isReleased = false

  constructor(held: FunctionAgent) {
    this.#held = held
    this.client = held.client
    held.running++
  }

  /** May be called again. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#held.running--
    closeIfUnused(this.#held)
  }
}

const maxAgents = 200
/** Connections beyond these end with their request: a function could leave one open at each of a thousand servers. */
const maxKept = { perFunction: 128, total: 1024 } as const
/** Requests of one function whose answers are not read to their end: each has a connection. */
const maxOpen = 1024
/** However long the server offers. */
const maxKeptMs = 60_000

/**
 * The outbound connections of one process: kept alive, and apart for each function, because what one function may
 * reach another may not.
 */
export class OutboundAgents {
  readonly #ceiling: EgressCeiling
  readonly #lookup: Lookup
  /**
   * Node asks the system in two of libuv's threads, one question after the other, and an answer may take ten seconds.
   * Functions take turns, so that one that asks for names of slow servers does not keep all others waiting.
   */
  readonly #lookups = new HostWorkLane({ maxAtOnce: 2, maxPerFunction: 1 })
  readonly #byFunction = new LRUCache<string, FunctionAgent>({
    max: maxAgents,
    dispose: (held) => retire(held),
  })
  #undici: Promise<Undici> | null = null
  /** Of all functions. */
  #connections = 0

  constructor({ ceiling, lookup = systemLookup }: OutboundOptions) {
    this.#ceiling = ceiling
    this.#lookup = lookup
  }

  /**
   * For one request of a function, redirects included: its agent stays open until the lease is released.
   *
   * @throws TypeError for the guest, if too many are open
   */
  async lease(functionName: string, egress: EgressSettings): Promise<OutboundLease> {
    // On first use: it takes 100 ms and 20 MB to load, which workers without outbound requests need not pay.
    this.#undici ??= import('undici')
    const undici = await this.#undici
    let held = this.#byFunction.get(functionName)
    if (held === undefined || (held.egress !== egress && !isDeepStrictEqual(held.egress, egress))) {
      held = { egress, client: this.#open(undici, functionName, egress), running: 0, isRetired: false }
      this.#byFunction.set(functionName, held)
    }
    if (held.running >= maxOpen)
      throw new TypeError(`Cannot fetch: the function has ${maxOpen} outbound requests open in this process`)
    return new OutboundLease(held)
  }

  /** The function has no instances any more: its connections close once they are unused. */
  release(functionName: string): void {
    this.#byFunction.delete(functionName)
  }

  /** Closes every connection; requests that run are given up. */
  close(): void {
    const agents = [...this.#byFunction.values()].map(({ client }) => client.agent)
    this.#byFunction.clear()
    for (const agent of agents) if (!agent.closed) void agent.destroy()
  }

  #open(undici: Undici, functionName: string, egress: EgressSettings): OutboundClient {
    const policy = new EgressPolicy(egress, this.#ceiling)
    const lookup: Lookup = (host, options, callback) => {
      void this.#lookups.run(functionName, neverAborted, () => {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#lookup(host, options, (error, addresses) => {
          resolve()
          callback(error, addresses)
        })
        return promise
      })
    }
    const agent = new undici.Agent({
      keepAliveMaxTimeout: maxKeptMs,
      factory: (origin, options) =>
        new undici.Pool(origin, {
          ...options,
          connect: egressConnector(undici.buildConnector, String(origin), { policy, lookup }),
        }),
    })
    let connections = 0
    agent.on('connect', () => {
      connections++
      this.#connections++
    })
    agent.on('disconnect', () => {
      connections--
      this.#connections--
    })
    const isCrowded = () => connections >= maxKept.perFunction || this.#connections >= maxKept.total
    return {
      undici,
      agent,
      get isCrowded() {
        return isCrowded()
      },
    }
  }
}

const neverAborted = new AbortController().signal

function retire(held: FunctionAgent): void {
  held.isRetired = true
  closeIfUnused(held)
}

function closeIfUnused({ running, isRetired, client }: FunctionAgent): void {
  if (running === 0 && isRetired && !client.agent.destroyed) void client.agent.close()
}
