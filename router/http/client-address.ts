import { BlockList, isIP, isIPv4 } from 'node:net'
import { IsoletteError } from '../../runtime/index.ts'

/** Addresses of which what is found out is remembered; it costs a microsecond each, and the same ones come again. */
const maxKnown = 1000

/** The proxies whose `X-Forwarded-*` headers are believed. */
export class TrustedProxies {
  readonly #ranges = new BlockList()
  readonly #known = new Map<string, boolean>()
  readonly isEmpty: boolean

  /** @throws IsoletteError `bad_configuration` unless each is an address or a CIDR range */
  constructor(ranges: readonly string[]) {
    this.isEmpty = ranges.length === 0
    for (const range of ranges) this.#add(range)
  }

  /** `address` as `canonicalAddress` writes it. */
  trusts(address: string): boolean {
    if (this.isEmpty) return false
    let verdict = this.#known.get(address)
    if (verdict === undefined) {
      const family = isIP(address)
      verdict = family !== 0 && this.#ranges.check(address, family === 4 ? 'ipv4' : 'ipv6')
      if (this.#known.size === maxKnown) this.#known.clear()
      this.#known.set(address, verdict)
    }
    return verdict
  }

  /**
   * The client's address, given the text of `X-Forwarded-For` from a trusted peer: from right to left, as each proxy
   * appended, the first address that is not a trusted proxy's. Anything that is no address ends the search: who wrote
   * it is not known, so the last proxy's own address is the most that can be said.
   */
  clientAddress(peer: string, forwardedFor: string): string {
    let client = peer
    const hops = forwardedFor.split(',')
    for (let index = hops.length - 1; index >= 0; index--) {
      const address = addressOfHop(hops[index]!.trim())
      if (address === null) break
      client = address
      if (!this.trusts(address)) break
    }
    return client
  }

  #add(range: string): void {
    const [address = '', prefix, ...rest] = range.split('/')
    const family = isIP(address)
    const maxBits = family === 4 ? 32 : 128
    const bits = prefix === undefined ? maxBits : /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : -1
    if (family === 0 || bits < 0 || bits > maxBits || rest.length > 0) {
      throw new IsoletteError(
        'bad_configuration',
        `Cannot trust proxy ${JSON.stringify(range)}: must be an IP address or a CIDR range`,
      )
    }
    this.#ranges.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/** IPv4 addresses by their 32 bits: writing one takes as long as asking the socket for it. */
const knownTexts = new Map<number, string>()

/** Text of an address of 4 or 16 bytes as it is usually written: see `canonicalAddress`. */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) {
    const bits = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!
    return knownTexts.get(bits) ?? writeKnown(bits, bytes)
  }
  const groups: string[] = []
  for (let index = 0; index < bytes.length; index += 2) {
    groups.push(((bytes[index]! << 8) | bytes[index + 1]!).toString(16))
  }
  return canonicalAddress(groups.join(':'))
}

function writeKnown(bits: number, bytes: Uint8Array): string {
  const text = bytes.join('.')
  if (knownTexts.size === maxKnown) knownTexts.clear()
  knownTexts.set(bits, text)
  return text
}

/** IPv4 in IPv6 as IPv4, IPv6 with its zeros shortened; other text unchanged. */
export function canonicalAddress(text: string): string {
  if (!text.includes(':')) return text
  const short = new URL(`http://[${text}]/`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (mapped === null) return short
  const high = Number.parseInt(mapped[1]!, 16)
  const low = Number.parseInt(mapped[2]!, 16)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** Some proxies add the port: `1.2.3.4:567`, `[::1]:567`. */
function addressOfHop(hop: string): string | null {
  const bracketed = /^\[([^\]]*)\](?::[0-9]+)?$/.exec(hop)
  const bare = bracketed === null ? hop : bracketed[1]!
  const address = /^[0-9.]+:[0-9]+$/.test(bare) ? bare.slice(0, bare.indexOf(':')) : bare
  if (isIPv4(address)) return address
  // A zone (`fe80::1%eth0`) means something on the proxy's machine only.
  return isIP(address) === 6 && !address.includes('%') ? canonicalAddress(address) : null
}
