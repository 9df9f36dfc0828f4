import { isIPv4, isIPv6 } from 'node:net'

/** An IP address as a number. IPv4 that is mapped into IPv6 is IPv4: the system connects to the same machine. */
export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/** What an address is for. Only `public` ones are reached without being listed. */
export type AddressKind =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'unique-local'
  | 'multicast'
  | 'broadcast'
  | 'benchmarking'
  | 'documentation'
  | 'reserved'

export interface AddressRange {
  readonly family: 4 | 6
  /** The leading bits that addresses of the range share with `first`. */
  readonly prefixBits: number
  readonly first: bigint
}

const bitsOf = { 4: 32, 6: 128 } as const
const low32 = 0xffff_ffffn

/** Reads an address as systems and the URL parser write it; a zone (`%eth0`) is passed over. Null = it is none. */
export function parseAddress(text: string): Address | null {
  if (isIPv4(text)) return { family: 4, value: numberOfIPv4(text) }
  if (!isIPv6(text)) return null
  const value = numberOfIPv6(text.replace(/%.*$/, ''))
  if (value >> 32n === 0xffffn) return { family: 4, value: value & low32 }
  return { family: 6, value }
}

/** Reads `10.0.0.0/8`, or one address. Null = it is none. Bits after the prefix are passed over. */
export function parseRange(text: string): AddressRange | null {
  const [, start = '', prefix] = /^([^/]*)(?:\/([0-9]{1,3}))?$/.exec(text) ?? []
  const address = start.includes('%') ? null : parseAddress(start)
  if (address === null) return null
  const { family, value } = address
  const bits = bitsOf[family]
  // A mapped range is written with the 96 bits before the IPv4 address.
  const mappedBits = family === 4 && start.includes(':') ? 96 : 0
  const prefixBits = prefix === undefined ? bits : Number(prefix) - mappedBits
  if (prefixBits < 0 || prefixBits > bits) return null
  const rest = BigInt(bits - prefixBits)
  return { family, prefixBits, first: (value >> rest) << rest }
}

export function isInRange({ family, value }: Address, range: AddressRange): boolean {
  if (family !== range.family) return false
  const rest = BigInt(bitsOf[family] - range.prefixBits)
  return value >> rest === range.first >> rest
}

/** From IANA's registry of special-purpose IPv4 addresses. */
const kindsOfIPv4 = table({
  unspecified: ['0.0.0.0/8'],
  loopback: ['127.0.0.0/8'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  shared: ['100.64.0.0/10'],
  'link-local': ['169.254.0.0/16'],
  broadcast: ['255.255.255.255'],
  multicast: ['224.0.0.0/4'],
  benchmarking: ['198.18.0.0/15'],
  documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  // 168.63.129.16 looks public, but is how machines in Azure reach the host they run on.
  reserved: ['192.0.0.0/24', '192.88.99.0/24', '168.63.129.16', '240.0.0.0/4'],
})

/** Of IPv6 only 2000::/3 is handed out; these lie within it, or have a name of their own. */
const kindsOfIPv6 = table({
  unspecified: ['::'],
  loopback: ['::1'],
  'unique-local': ['fc00::/7'],
  'link-local': ['fe80::/10'],
  // Site-local, and the range for translation to IPv4 within one network.
  private: ['fec0::/10', '64:ff9b:1::/48'],
  multicast: ['ff00::/8'],
  benchmarking: ['2001:2::/48'],
  documentation: ['2001:db8::/32', '3fff::/20'],
  reserved: ['2001::/23'],
})

const globalUnicast = parseRange('2000::/3')!
const compatible = parseRange('::/96')!
const teredo = parseRange('2001::/32')!
const sixToFour = parseRange('2002::/16')!
const nat64 = parseRange('64:ff9b::/96')!

/** The IPv4 addresses within an IPv6 address, which gateways on the way may go on to. */
export function embeddedAddresses({ family, value }: Address): readonly Address[] {
  const address = { family, value }
  const from = (bits: bigint) => ({ family: 4, value: bits & low32 }) as const
  if (isInRange(address, nat64)) return [from(value)]
  if (isInRange(address, sixToFour)) return [from(value >> 80n)]
  // The server, and the client with all its bits turned.
  if (isInRange(address, teredo)) return [from(value >> 64n), from(~value)]
  // Below lie :: and ::1, which are themselves.
  if (isInRange(address, compatible) && value > 1n) return [from(value)]
  return []
}

/** What kind of address it is; one that embeds others is of the first kind among them that is not public. */
export function addressKind(address: Address): AddressKind {
  if (address.family === 4) return kindsOfIPv4(address) ?? 'public'
  const embedded = embeddedAddresses(address)
  for (const inner of embedded) {
    const kind = addressKind(inner)
    if (kind !== 'public') return kind
  }
  // What embeds only public addresses is as public as they are, but for the form that nothing carries any more.
  if (embedded.length > 0) return isInRange(address, compatible) ? 'reserved' : 'public'
  return kindsOfIPv6(address) ?? (isInRange(address, globalUnicast) ? 'public' : 'reserved')
}

function table(kinds: Partial<Record<AddressKind, readonly string[]>>) {
  const rows = Object.entries(kinds).flatMap(([kind, ranges]) =>
    ranges.map((range) => ({ kind: kind as AddressKind, range: parseRange(range)! })),
  )
  return (address: Address) => rows.find(({ range }) => isInRange(address, range))?.kind
}

function numberOfIPv4(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function numberOfIPv6(text: string): bigint {
  // The last 32 bits may be written as IPv4.
  const dotted = /[^:]*\.[^:]*$/.exec(text)?.[0]
  const last = dotted === undefined ? 0n : numberOfIPv4(dotted)
  const hexadecimal =
    dotted === undefined
      ? text
      : `${text.slice(0, -dotted.length)}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`
  const [before = '', after] = hexadecimal.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...zeros, ...tail].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
