import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type AddressKind,
  addressKind,
  isInRange,
  parseAddress,
  parseRange,
} from '../../runtime/model/address-kind.ts'

const kinds: Readonly<Record<AddressKind, readonly string[]>> = {
  public: [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '168.63.129.15',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2000::',
    '2001:200::1',
    '2606:4700:4700::1111',
    '3ffe::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
    // Teredo: server 8.8.4.4, client 8.8.8.8.
    '2001:0:808:404:0:0:f7f7:f7f7',
  ],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0', '64:ff9b::', '::2'],
  loopback: [
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:7f00:1:0:0:f7f7:f7f7',
    '2001:0:808:808:0:0:80ff:fffe',
  ],
  private: [
    '10.0.0.0',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '::ffff:10.0.0.5',
    '::10.0.0.5',
    '64:ff9b::192.168.0.1',
    '2002:a00:1::1',
    '64:ff9b:1::8.8.8.8',
    'fec0::1',
  ],
  shared: ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  'link-local': ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1', '2002:a9fe:a9fe::'],
  'unique-local': ['fc00::1', 'fd00:ec2::254', 'fdff:ffff::'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', '::ffff:224.0.0.1'],
  broadcast: ['255.255.255.255'],
  benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.255', '2001:db8::1', '3fff::1'],
  reserved: [
    '192.0.0.192',
    '192.88.99.1',
    '168.63.129.16',
    '240.0.0.1',
    '255.255.255.254',
    '2001:20::1',
    '100::1',
    '5f00::1',
    '4000::1',
    '::8.8.8.8',
    '::ffff:0:8.8.8.8',
  ],
}

describe('addressKind', () => {
  for (const [kind, addresses] of Object.entries(kinds)) {
    it(`knows ${kind} addresses`, () => {
      const found = addresses.map((address) => [address, addressKind(parseAddress(address)!)])
      assert.deepEqual(
        found,
        addresses.map((address) => [address, kind]),
      )
    })
  }

  it('sees through every way in which a URL can write an address', () => {
    const hosts = [
      ['127.1', 'loopback'],
      ['0x7f.1', 'loopback'],
      ['0177.0.0.1', 'loopback'],
      ['2130706433', 'loopback'],
      ['0x7f000001', 'loopback'],
      ['127.0.0.1.', 'loopback'],
      ['１２７.０.０.１', 'loopback'],
      ['127。0。0。1', 'loopback'],
      ['%31%32%37.0.0.1', 'loopback'],
      ['0', 'unspecified'],
      ['[::]', 'unspecified'],
      ['[::ffff:127.0.0.1]', 'loopback'],
      ['[0:0:0:0:0:ffff:7f00:0001]', 'loopback'],
      ['[::127.0.0.1]', 'loopback'],
      ['0251.0376.0251.0376', 'link-local'],
      ['2852039166', 'link-local'],
      ['[64:ff9b::169.254.169.254]', 'link-local'],
    ]
    for (const [host, kind] of hosts) {
      const { hostname } = new URL(`http://${host}/`)
      const address = parseAddress(hostname.replace(/^\[|\]$/g, ''))
      assert.equal(address && addressKind(address), kind, host)
    }
  })
})

describe('parseAddress', () => {
  it('takes no other text', () => {
    for (const text of ['', 'localhost', '127.1', '0x7f.0.0.1', '1.2.3.4.5', '::g', '1:2:3', ' ::1', '[::1]'])
      assert.equal(parseAddress(text), null, text)
  })
})

describe('parseRange', () => {
  const cases: [range: string, inside: string[], outside: string[]][] = [
    ['10.1.2.3/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.9.9.9'], ['11.0.0.0', 'a00::']],
    ['203.0.113.7', ['203.0.113.7'], ['203.0.113.6', '203.0.113.8']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::1']],
    ['::/0', ['::1', 'ffff::'], ['1.2.3.4', '::ffff:1.2.3.4']],
    ['fd00::/8', ['fd00::1', 'fdff::'], ['fc00::']],
    ['::ffff:10.0.0.0/104', ['10.1.1.1'], ['11.0.0.0']],
    ['::1', ['::1'], ['::2']],
  ]
  for (const [text, inside, outside] of cases) {
    it(`reads ${text}`, () => {
      const range = parseRange(text)!
      for (const one of inside) assert.ok(isInRange(parseAddress(one)!, range), one)
      for (const one of outside) assert.ok(!isInRange(parseAddress(one)!, range), one)
    })
  }

  it('takes no other text', () => {
    for (const text of [
      '10.0.0.0/33',
      '10/8',
      '::/129',
      '10.0.0.0/',
      '/8',
      '10.0.0.0/-1',
      '::ffff:1.2.3.4/90',
      'fe80::1%lo/64',
      '1.2.3.4/8/8',
    ])
      assert.equal(parseRange(text), null, text)
  })
})
