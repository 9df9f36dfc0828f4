import type { LookupAddress, LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import type { buildConnector } from 'undici'
import type { EgressPolicy } from '../../model/egress.ts'

/** Finds all addresses of a name: `lookup` of `node:dns` with `all`. */
export type Lookup = (
  host: string,
  options: LookupOptions & { all: true },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** A connection that the egress policy does not let be made. */
export class EgressRefusal extends Error {
  readonly code = 'EGRESS_REFUSED'
  /** Of the server that was asked for: after a redirect another one than the guest's. */
  readonly origin: string

  constructor(reason: string, origin: string) {
    super(reason)
    this.name = 'EgressRefusal'
    this.origin = origin
  }
}

const connectTimeoutMs = 10_000

/**
 * Connects to one origin, but only to addresses that the policy lets pass.
 *
 * The check stands where addresses become a connection, and hands on only what it has checked: between a check before
 * the request and the connection, a name could change its address.
 */
export function egressConnector(
  build: typeof buildConnector,
  origin: string,
  { policy, lookup }: { policy: EgressPolicy; lookup: Lookup },
): buildConnector.connector {
  const { protocol, port: givenPort } = new URL(origin)
  const port = givenPort !== '' ? Number(givenPort) : protocol === 'https:' ? 443 : 80

  const checkedLookup = (
    host: string,
    options: LookupOptions,
    callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const refusals = addresses.map(({ address }) => policy.refusalOfAddress(host, port, address))
      const passed = addresses.filter((_, index) => refusals[index] === null)
      const [first] = passed
      if (first === undefined) {
        const reason = refusals[0] ?? `host ${host} has no address`
        return callback(new EgressRefusal(reason, origin), [])
      }
      if (options.all) callback(null, passed)
      else callback(null, first.address, first.family)
    })
  }

  // HTTP/1.1 only: an HTTP/2 connection would be lent to requests for other hosts of its certificate.
  const connect = build({
    allowH2: false,
    timeout: connectTimeoutMs,
    autoSelectFamily: true,
    lookup: checkedLookup,
  } as buildConnector.BuildOptions)

  return (options, callback) => {
    const { hostname } = options
    // No lookup is made for a host that is an address.
    const refusal =
      isIP(hostname) === 0
        ? policy.refusalOfHost(hostname, port)
        : policy.refusalOfAddress(hostname, port, hostname)
    if (refusal === null) connect(options, callback)
    else process.nextTick(callback, new EgressRefusal(refusal, origin), null)
  }
}
