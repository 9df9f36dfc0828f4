import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EgressPolicy, isEgressRule } from '../../runtime/model/egress.ts'
import { IsoletteError } from '../../runtime/model/errors.ts'

const open = { allow: null, deny: [] }

interface Rules {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly ceiling?: { readonly allow?: readonly string[] | null; readonly deny?: readonly string[] }
}

/** What the policy says of `host:port`, which has this address; a host that is an address has itself. */
function refusal({ allow = [], deny = [], ceiling = {} }: Rules, host: string, port = 80, address = host) {
  const policy = new EgressPolicy({ allow, deny }, { ...open, ...ceiling })
  return policy.refusalOfHost(host, port) ?? policy.refusalOfAddress(host, port, address)
}

describe('EgressPolicy', () => {
  const passed: [name: string, rules: Rules, host: string, port?: number, address?: string][] = [
    ['a public address', {}, '1.1.1.1'],
    ['a name with a public address', {}, 'example.com', 443, '2606:4700::1'],
    ['a listed address', { allow: ['10.0.0.5'] }, '10.0.0.5'],
    ['a listed range', { allow: ['10.0.0.0/8'] }, '10.0.0.5', 9000],
    ['a name within a listed range', { allow: ['10.0.0.0/8'] }, 'db.internal', 80, '10.0.0.5'],
    ['a listed address and port', { allow: ['127.0.0.1:9001'] }, '127.0.0.1', 9001],
    ['a listed IPv6 address and port', { allow: ['[::1]:9001'] }, '::1', 9001],
    ['a listed IPv6 range and port', { allow: ['[fd00::/8]:443'] }, 'fd12::1', 443],
    ['an IPv4 range for its mapped form', { allow: ['10.0.0.0/8'] }, '::ffff:a00:5'],
    ['a listed name', { allow: ['db.internal'] }, 'db.internal', 80, '10.0.0.5'],
    ['a listed name as somebody else writes it', { allow: ['DB.Internal.'] }, 'db.INTERNAL.', 80, '::1'],
    ['a listed name of other letters', { allow: ['bücher.internal'] }, 'xn--bcher-kva.internal', 80, '::1'],
    ['a listed suffix', { allow: ['*.internal:8080'] }, 'a.b.internal', 8080, '169.254.169.254'],
    [
      'what the ceiling covers by address',
      { allow: ['db.internal'], ceiling: { allow: ['10.0.0.0/8'] } },
      'db.internal',
      80,
      '10.0.0.5',
    ],
    [
      'what the ceiling covers by name',
      { allow: ['10.0.0.0/8'], ceiling: { allow: ['*.internal'] } },
      'db.internal',
      80,
      '10.0.0.5',
    ],
    ['a public address under an empty ceiling', { ceiling: { allow: [] } }, '1.1.1.1'],
    ['a public address beside a denied one', { deny: ['203.0.114.0/24'] }, '203.0.115.1'],
    ['another port than the denied one', { deny: ['1.1.1.1:25'] }, '1.1.1.1', 443],
    ['the name above a denied suffix', { deny: ['*.evil.example'] }, 'evil.example', 80, '1.1.1.1'],
  ]
  for (const [name, rules, host, port, address] of passed) {
    it(`passes ${name}`, () => assert.equal(refusal(rules, host, port, address), null))
  }

  const refused: [
    name: string,
    message: string,
    rules: Rules,
    host: string,
    port?: number,
    address?: string,
  ][] = [
    [
      'a private address',
      'address 10.0.0.5 is private, must be public or listed in egress.allow',
      {},
      '10.0.0.5',
    ],
    [
      'a name with one, without telling it',
      'an address of db.internal is private, must be public or listed in egress.allow',
      {},
      'db.internal',
      80,
      '10.0.0.5',
    ],
    [
      'a translated private address',
      'address 64:ff9b::a00:5 is private, must be public or listed in egress.allow',
      { allow: ['10.0.0.0/8'] },
      '64:ff9b::a00:5',
    ],
    [
      'another port than the listed one',
      'address 127.0.0.1 is loopback, must be public or listed in egress.allow',
      { allow: ['127.0.0.1:9001'] },
      '127.0.0.1',
      9002,
    ],
    [
      'the address of a listed name without the name',
      'address 10.0.0.5 is private, must be public or listed in egress.allow',
      { allow: ['db.internal'] },
      '10.0.0.5',
    ],
    [
      'the name above a listed suffix',
      'an address of internal is loopback, must be public or listed in egress.allow',
      { allow: ['*.internal'] },
      'internal',
      80,
      '::1',
    ],
    [
      'a name that ends like a listed one',
      'an address of xdb.internal is loopback, must be public or listed in egress.allow',
      { allow: ['db.internal'] },
      'xdb.internal',
      80,
      '::1',
    ],
    [
      'what the ceiling does not cover',
      "address 10.0.0.5 is private, must be public or listed in the server's egress.allow too",
      { allow: ['10.0.0.0/8'], ceiling: { allow: [] } },
      '10.0.0.5',
    ],
    [
      'a denied address',
      'address 203.0.114.7 is listed in egress.deny, must not be',
      { deny: ['203.0.114.0/24'] },
      '203.0.114.7',
    ],
    [
      'a denied address in a form that embeds it',
      'address 64:ff9b::cb00:7207 is listed in egress.deny, must not be',
      { deny: ['203.0.114.0/24'] },
      '64:ff9b::cb00:7207',
    ],
    [
      'a name with a denied address',
      'an address of a.example is listed in egress.deny, must not be',
      { allow: ['a.example'], deny: ['10.0.0.0/8'] },
      'a.example',
      80,
      '10.0.0.5',
    ],
    [
      'a denied name',
      'host x.evil.example is listed in egress.deny, must not be',
      { deny: ['*.evil.example'] },
      'X.Evil.Example.',
      80,
      '1.1.1.1',
    ],
    [
      'what is both allowed and denied',
      'host db.internal is listed in egress.deny, must not be',
      { allow: ['db.internal'], deny: ['*.internal'] },
      'db.internal',
      80,
      '10.0.0.5',
    ],
    [
      'what the operator denies',
      "address 1.1.1.1 is listed in the server's egress.deny, must not be",
      { allow: ['1.1.1.1'], ceiling: { deny: ['1.0.0.0/8:80'] } },
      '1.1.1.1',
    ],
    [
      'what is no address at all',
      'an address of a.example is not an IP address',
      { allow: ['a.example'] },
      'a.example',
      80,
      'x',
    ],
  ]
  for (const [name, message, rules, host, port, address] of refused) {
    it(`refuses ${name}`, () => assert.equal(refusal(rules, host, port, address), message))
  }

  it('refuses a rule that is none', () => {
    assert.throws(
      () => new EgressPolicy({ allow: ['10.0.0.0/33'], deny: [] }, open),
      (error) => error instanceof IsoletteError && error.code === 'bad_configuration',
    )
  })
})

describe('isEgressRule', () => {
  it('takes addresses, ranges and hosts, with or without a port', () => {
    for (const text of [
      '1.2.3.4',
      '1.2.3.4:80',
      '10.0.0.0/8',
      '10.0.0.0/8:65535',
      '::1',
      '[::1]',
      '[::1]:80',
      'fd00::/8',
      '[fd00::/8]:1',
      'localhost',
      'localhost:80',
      '*.internal',
      '*.a-b_c.internal:80',
      'bücher.example',
    ])
      assert.ok(isEgressRule(text), text)
  })

  it('takes nothing else', () => {
    for (const text of [
      '',
      '*',
      '*:80',
      '.',
      '*.',
      'a..b',
      'a b',
      'http://a',
      'a/b',
      'a:0',
      'a:65536',
      'a:',
      ':80',
      '1.2.3',
      '0x7f.1',
      '2130706433',
      '1.2.3.4:',
      '[::1',
      '::1]',
      '[1.2.3.4]:80',
      '[a]',
      'fd00::/8:80:',
      '*.*.a',
      'a.*',
      'a@b',
      '10.0.0.0/33',
      '1.2.3.4/8/8',
      'a\nb',
      `${'a'.repeat(64)}.b`,
    ])
      assert.ok(!isEgressRule(text), text)
  })
})
