import { lookup as systemLookup } from 'node:dns'
import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import type { Agent } from 'undici'
import { type EgressCeiling, EgressPolicy, type EgressSettings } from '../model/egress.ts'
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

/**
 * The outbound connections of one process: kept alive, and apart for each function, because what one function may
 * reach another may not.
 */
export class OutboundAgents {
  readonly #ceiling: EgressCeiling
  readonly #lookup: Lookup
  readonly #byFunction = new LRUCache<string, FunctionAgent>({
    max: maxAgents,
    dispose: (held) => retire(held),
  })
  #undici: Promise<Undici> | null = null

  constructor({ ceiling, lookup = systemLookup }: OutboundOptions) {
    this.#ceiling = ceiling
    this.#lookup = lookup
  }

  /** For one request of a function, redirects included: its agent stays open until the lease is released. */
  async lease(functionName: string, egress: EgressSettings): Promise<OutboundLease> {
    // On first use: it takes 100 ms and 20 MB to load, which workers without outbound requests need not pay.
    this.#undici ??= import('undici')
    const undici = await this.#undici
    let held = this.#byFunction.get(functionName)
    if (held === undefined || (held.egress !== egress && !isDeepStrictEqual(held.egress, egress))) {
      held = { egress, client: this.#open(undici, egress), running: 0, isRetired: false }
      this.#byFunction.set(functionName, held)
    }
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

  #open(undici: Undici, egress: EgressSettings): OutboundClient {
    const policy = new EgressPolicy(egress, this.#ceiling)
    const agent = new undici.Agent({
      factory: (origin, options) =>
        new undici.Pool(origin, {
          ...options,
          connect: egressConnector(undici.buildConnector, String(origin), { policy, lookup: this.#lookup }),
        }),
    })
    return { undici, agent }
  }
}

function retire(held: FunctionAgent): void {
  held.isRetired = true
  closeIfUnused(held)
}

function closeIfUnused({ running, isRetired, client }: FunctionAgent): void {
  if (running === 0 && isRetired && !client.agent.destroyed) void client.agent.close()
}
