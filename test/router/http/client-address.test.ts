import assert from 'node:assert/strict'
import { it } from 'node:test'
import { addressFromBytes, canonicalAddress, TrustedProxies } from '../../../router/http/client-address.ts'

const trust: [ranges: string[], address: string, isTrusted: boolean][] = [
  [[], '127.0.0.1', false],
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['0.0.0.0/0'], '203.0.113.9', true],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['fd00::/8'], 'fd12::1', true],
  [['fd00::/8'], 'fe80::1', false],
  [['::1', '10.0.0.0/8'], '::1', true],
  [['10.0.0.0/8'], '', false],
  [['10.0.0.0/8'], 'unknown', false],
]
for (const [ranges, address, isTrusted] of trust) {
  it(`trusts() ${isTrusted ? 'takes' : 'does not take'} "${address}" for one of [${ranges}]`, () => {
    const proxies = new TrustedProxies(ranges)
    assert.equal(proxies.trusts(address), isTrusted)
    assert.equal(proxies.trusts(address), isTrusted, 'asked again')
  })
}

it('trusts() remembers no more than it can bear, and stays right', () => {
  const proxies = new TrustedProxies(['10.0.0.0/16'])
  for (let index = 0; index < 2500; index++) {
    assert.equal(proxies.trusts(`10.0.${index >> 8}.${index & 255}`), true)
    assert.equal(proxies.trusts(`10.1.${index >> 8}.${index & 255}`), false)
  }
})

for (const range of [
  '',
  'proxy',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0/8',
  '10.0.0.0/-1',
]) {
  it(`refuses "${range}" as a range`, () => {
    assert.throws(() => new TrustedProxies([range]), { code: 'bad_configuration' })
  })
}

const forwarded: [forwardedFor: string, client: string][] = [
  ['', '10.0.0.1'],
  ['1.2.3.4', '1.2.3.4'],
  // Whoever wrote the left ones may have lied.
  ['6.6.6.6, 1.2.3.4', '1.2.3.4'],
  ['6.6.6.6, 1.2.3.4, 10.0.0.2,10.0.0.3', '1.2.3.4'],
  ['10.0.0.4, 10.0.0.5', '10.0.0.4'],
  ['1.2.3.4:5678', '1.2.3.4'],
  ['[2001:DB8:0:0::1]:443', '2001:db8::1'],
  ['2001:db8:0:0::1', '2001:db8::1'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['1.2.3.4, ::ffff:10.0.0.9', '1.2.3.4'],
  ['1.2.3.4, unknown, 10.0.0.2', '10.0.0.2'],
  ['1.2.3.4, ', '10.0.0.1'],
  ['fe80::1%eth0', '10.0.0.1'],
  ['<script>', '10.0.0.1'],
  ['999.1.1.1', '10.0.0.1'],
]
for (const [forwardedFor, client] of forwarded) {
  it(`clientAddress() reads "${forwardedFor}" as ${client}`, () => {
    const proxies = new TrustedProxies(['10.0.0.0/8'])
    assert.equal(proxies.clientAddress('10.0.0.1', forwardedFor), client)
  })
}

for (const [text, canonical] of [
  ['127.0.0.1', '127.0.0.1'],
  ['0000:0000:0000:0000:0000:ffff:7f00:0001', '127.0.0.1'],
  ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
  ['2001:0db8:0000:0000:0000:ff00:0042:8329', '2001:db8::ff00:42:8329'],
]) {
  it(`canonicalAddress() writes ${text} as ${canonical}`, () => {
    assert.equal(canonicalAddress(text!), canonical)
  })
}

for (const [bytes, address] of [
  [[127, 0, 0, 1], '127.0.0.1'],
  [[255, 254, 0, 10], '255.254.0.10'],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 255, 1], '10.0.255.1'],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], '::1'],
  [[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x42, 0x83, 0x29], '2001:db8::ff00:42:8329'],
] as const) {
  it(`addressFromBytes() writes [${bytes}] as ${address}`, () => {
    assert.equal(addressFromBytes(Uint8Array.from(bytes)), address)
  })
}
