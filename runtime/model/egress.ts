import { domainToASCII } from 'node:url'
import {
  type Address,
  addressKind,
  embeddedAddresses,
  isInRange,
  parseAddress,
  parseRange,
} from './address-kind.ts'
import { IsoletteError } from './errors.ts'

/**
 * Where a function's outbound requests may go besides public addresses. Each entry is an address, a range, a host
 * name or `*.suffix`, with or without `:port`.
 */
export interface EgressSettings {
  /** What may be reached although its address is not public. */
  readonly allow: readonly string[]
  /** What may not be reached. Wins over `allow`. */
  readonly deny: readonly string[]
}

/** What the operator sets above all functions. */
export interface EgressCeiling {
  /** What functions may list in `allow` with effect; null = everything. */
  readonly allow: readonly string[] | null
  readonly deny: readonly string[]
}

/** One entry, read. */
export interface EgressRule {
  /** Null = any. */
  readonly port: number | null
  /** `host` in lower case, without the root's dot. */
  coversHost(host: string): boolean
  coversAddress(address: Address): boolean
}

/** What an entry may be, to follow the words "must be". */
export const egressRuleForms =
  'an address, a range such as 10.0.0.0/8, or a host such as db.internal or *.internal; with :port for one port only'

/** @throws IsoletteError `bad_configuration` */
export function parseEgressRule(text: string): EgressRule {
  const [, bracketed, bare, digits] = /^(?:\[([^\]]*)\]|(.*?))(?::([0-9]{1,5}))?$/.exec(text) ?? []
  // All of an IPv6 address is colons: it is tried whole before its end is taken for a port.
  const whole = parseRange(text)
  const port = whole !== null || digits === undefined ? null : Number(digits)
  const isPort = port === null || (port >= 1 && port <= 65_535)
  const range = whole ?? rangeOf(bracketed, bare)
  if (isPort && range !== null) {
    return { port, coversHost: () => false, coversAddress: (address) => isInRange(address, range) }
  }
  const [, wildcard, name = ''] = /^(\*\.)?(.*)$/.exec(bare ?? '') ?? []
  // What ends a host in a URL would cut the name short.
  const host = /[\s/?#\\@:%]/.test(name) ? '' : hostName(domainToASCII(name))
  if (!isPort || !isHostName(host)) {
    throw new IsoletteError(
      'bad_configuration',
      `Cannot use egress rule ${JSON.stringify(text)}: must be ${egressRuleForms}`,
    )
  }
  const suffix = `.${host}`
  return {
    port,
    coversHost: wildcard === undefined ? (other) => other === host : (other) => other.endsWith(suffix),
    coversAddress: () => false,
  }
}

/** Whether `parseEgressRule` takes it. */
export function isEgressRule(text: string): boolean {
  try {
    parseEgressRule(text)
    return true
  } catch {
    return false
  }
}

function rangeOf(bracketed: string | undefined, bare: string | undefined) {
  if (bracketed !== undefined) return bracketed.includes(':') ? parseRange(bracketed) : null
  return bare === undefined || bare.includes(':') ? null : parseRange(bare)
}

/** A host of ASCII as rules compare it: in lower case, without the root's dot. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/\.+$/, '')
}

/** A last label of digits would be an address in a URL, and the rule would never match. */
function isHostName(host: string): boolean {
  return (
    host.length <= 253 && /^(?:[a-z0-9_-]{1,63}\.)*(?!(?:[0-9]+|0x[0-9a-f]*)$)[a-z0-9_-]{1,63}$/.test(host)
  )
}

/** One function's rules under the operator's. */
export class EgressPolicy {
  readonly #own: { readonly allow: readonly EgressRule[]; readonly deny: readonly EgressRule[] }
  readonly #ceiling: { readonly allow: readonly EgressRule[] | null; readonly deny: readonly EgressRule[] }

  /** @throws IsoletteError `bad_configuration` */
  constructor(own: EgressSettings, ceiling: EgressCeiling) {
    this.#own = { allow: own.allow.map(parseEgressRule), deny: own.deny.map(parseEgressRule) }
    this.#ceiling = {
      allow: ceiling.allow?.map(parseEgressRule) ?? null,
      deny: ceiling.deny.map(parseEgressRule),
    }
  }

  /** Why a host must not be asked for, whatever its addresses; null if it may. `host` is a URL's, without brackets. */
  refusalOfHost(host: string, port: number): string | null {
    if (parseAddress(host) !== null) return null
    const name = hostName(host)
    const denies = (rule: EgressRule) => isForPort(rule, port) && rule.coversHost(name)
    return this.#refusalByList(denies, `host ${name}`)
  }

  /**
   * Why a connection must not be made to one of a host's addresses; null if it may. For hosts that `refusalOfHost` lets
   * pass.
   */
  refusalOfAddress(host: string, port: number, address: string): string | null {
    const isLiteral = parseAddress(host) !== null
    // The address behind a name is not for the guest to learn: it may tell about the inside of a network.
    const subject = isLiteral ? `address ${host}` : `an address of ${host}`
    const parsed = parseAddress(address)
    if (parsed === null) return `${subject} is not an IP address`
    const forms = [parsed, ...embeddedAddresses(parsed)]
    const denies = (rule: EgressRule) => isForPort(rule, port) && forms.some((one) => rule.coversAddress(one))
    const refusal = this.#refusalByList(denies, subject)
    if (refusal !== null) return refusal

    const kind = addressKind(parsed)
    if (kind === 'public') return null
    const name = isLiteral ? '' : hostName(host)
    const lifts = (rule: EgressRule) =>
      isForPort(rule, port) && (rule.coversAddress(parsed) || (!isLiteral && rule.coversHost(name)))
    if (!this.#own.allow.some(lifts)) return `${subject} is ${kind}, must be public or listed in egress.allow`
    if (this.#ceiling.allow === null || this.#ceiling.allow.some(lifts)) return null
    return `${subject} is ${kind}, must be public or listed in the server's egress.allow too`
  }

  #refusalByList(denies: (rule: EgressRule) => boolean, subject: string): string | null {
    if (this.#own.deny.some(denies)) return `${subject} is listed in egress.deny, must not be`
    if (this.#ceiling.deny.some(denies))
      return `${subject} is listed in the server's egress.deny, must not be`
    return null
  }
}

function isForPort(rule: EgressRule, port: number): boolean {
  return rule.port === null || rule.port === port
}
