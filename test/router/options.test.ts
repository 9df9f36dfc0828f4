import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { isoletteSchemaPath, isoletteSchemaText } from '../../package/isolette-schema.ts'
import { type OptionSources, resolveOptions } from '../../router/options.ts'
import { IsoletteError } from '../../runtime/model/errors.ts'

const machine = { cores: 4, memoryMiB: 10_000 }

function resolve({ files = {}, ...sources }: Partial<OptionSources> & { files?: Record<string, string> }) {
  const readFile = (path: string) => files[path] ?? null
  return resolveOptions({ flags: {}, env: {}, cwd: '/srv', readFile, machine, ...sources })
}

describe('resolveOptions', () => {
  it('gives defaults without any source', () => {
    assert.deepEqual(resolve({}), {
      dataDir: '/srv/.isolette',
      port: 8787,
      host: '127.0.0.1',
      workers: 4,
      adminSocket: '/srv/.isolette/admin.sock',
      healthPort: null,
      trustedProxies: [],
      egress: { allow: null, deny: [] },
      prewarm: { min: 4, max: 16, ttlMs: 120_000, threshold: 1, increment: 1 },
      memory: { budgetMiB: 1500 },
      log: { level: 'info', sampleWarmPerSecond: 10 },
    })
  })

  it('takes flags over environment over file over defaults', () => {
    const options = resolve({
      files: {
        '/srv/isolette.jsonc':
          '{ "port": 1, "workers": 1, "prewarm": { "min": 1 }, // why\n "log": { "level": "warn" }, }',
      },
      env: { ISOLETTE_WORKERS: '2', ISOLETTE_PREWARM_MIN: '2', HOME: '/root' },
      flags: { 'prewarm-min': '3', port: undefined },
    })
    assert.equal(options.port, 1)
    assert.equal(options.workers, 2)
    assert.equal(options.prewarm.min, 3)
    assert.deepEqual(options.log, { level: 'warn', sampleWarmPerSecond: 10 })
  })

  it('reads every key from flags and from the environment', () => {
    const texts = {
      data: 'd',
      port: '1',
      host: '::1',
      workers: '2',
      admin: 'a.sock',
      'health-port': '3',
      'trusted-proxies': '10.0.0.0/8, ::1',
      'egress-allow': '10.0.0.0/8,*.internal:8080',
      'egress-deny': '[fd00::1]:80',
      'prewarm-min': '4',
      'prewarm-max': '5',
      'prewarm-ttl-ms': '6000',
      'prewarm-threshold': '7',
      'prewarm-increment': '8',
      'memory-budget-mib': '500',
      'log-level': 'debug',
      'log-sample-warm-per-second': '6',
    }
    const expected = {
      dataDir: '/srv/d',
      port: 1,
      host: '::1',
      workers: 2,
      adminSocket: '/srv/a.sock',
      healthPort: 3,
      trustedProxies: ['10.0.0.0/8', '::1'],
      egress: { allow: ['10.0.0.0/8', '*.internal:8080'], deny: ['[fd00::1]:80'] },
      prewarm: { min: 4, max: 5, ttlMs: 6000, threshold: 7, increment: 8 },
      memory: { budgetMiB: 500 },
      log: { level: 'debug', sampleWarmPerSecond: 6 },
    }
    const env = Object.fromEntries(
      Object.entries(texts).map(([flag, text]) => [
        `ISOLETTE_${flag.toUpperCase().replaceAll('-', '_')}`,
        text,
      ]),
    )
    assert.deepEqual(resolve({ flags: texts }), expected)
    assert.deepEqual(resolve({ env }), expected)
  })

  it('begins relative paths of the file at the folder of the file', () => {
    const files = { '/etc/isolette/a.jsonc': '{ "data": "state" }' }
    const fromFile = resolve({ files, flags: { config: '/etc/isolette/a.jsonc' } })
    assert.equal(fromFile.dataDir, '/etc/isolette/state')
    const fromFlag = resolve({
      files,
      env: { ISOLETTE_CONFIG: '/etc/isolette/a.jsonc' },
      flags: { data: 'x' },
    })
    assert.equal(fromFlag.dataDir, '/srv/x')
  })

  it('leaves variables alone that Kubernetes sets for a service of that name', () => {
    resolve({ env: { ISOLETTE_SERVICE_HOST: '10.0.0.1', ISOLETTE_PORT_8787_TCP: 'tcp://10.0.0.1:8787' } })
  })

  it('counts an empty variable as not set', () => {
    assert.equal(resolve({ env: { ISOLETTE_PORT: '', ISOLETTE_CONFIG: '' } }).port, 8787)
  })

  it('reads a list without text as empty', () => {
    assert.deepEqual(resolve({ flags: { 'egress-allow': '' } }).egress, { allow: [], deny: [] })
  })

  const refused: [name: string, sources: Parameters<typeof resolve>[0], message: RegExp][] = [
    [
      'text for a number',
      { flags: { port: 'abc' } },
      /^Cannot use port \(--port\): "abc", must be a whole number from 0 to 65535$/,
    ],
    [
      'a port over 65535',
      { env: { ISOLETTE_PORT: '65536' } },
      /^Cannot use port \(ISOLETTE_PORT\): 65536, must be a whole number/,
    ],
    [
      'a fraction',
      { flags: { workers: '1.5' } },
      /^Cannot use workers \(--workers\): 1.5, must be a whole number from 1/,
    ],
    [
      'an unknown flag',
      { flags: { prot: '1' } },
      /^Cannot use --prot: unknown, must be one of --config, --data, --port/,
    ],
    [
      'an unknown variable',
      { env: { ISOLETTE_PROT: '1' } },
      /^Cannot use ISOLETTE_PROT: unknown, must be one of ISOLETTE_CONFIG,/,
    ],
    [
      'an unknown key',
      { files: file('{ "prot": 1 }') },
      /^Cannot use prot \(isolette.jsonc\): unknown, must be one of \$schema, admin, data/,
    ],
    [
      'an unknown inner key',
      { files: file('{ "prewarm": { "mni": 1 } }') },
      /^Cannot use prewarm.mni \(isolette.jsonc\): unknown, must be one of prewarm.increment, prewarm.max, prewarm.min, prewarm.threshold, prewarm.ttlMs$/,
    ],
    [
      'fewer at most than at least',
      { flags: { 'prewarm-max': '3' } },
      /^Cannot use prewarm.max \(--prewarm-max\): 3, must be at least prewarm.min, 4$/,
    ],
    [
      'a number for a section',
      { files: file('{ "prewarm": 3 }') },
      /^Cannot use prewarm \(isolette.jsonc\): 3, must be an object$/,
    ],
    [
      'an unknown level',
      { flags: { 'log-level': 'loud' } },
      /^Cannot use log.level \(--log-level\): "loud", must be one of trace, debug/,
    ],
    [
      'a bad address range',
      { files: file('{ "trustedProxies": ["::1", "10.0.0.0/33"] }') },
      /^Cannot use trustedProxies.1 \(isolette.jsonc\): "10.0.0.0\/33", must be an address range/,
    ],
    [
      'a bad egress rule',
      { files: file('{ "egress": { "allow": ["10.0.0.0/33"] } }') },
      /^Cannot use egress.allow.0 \(isolette.jsonc\): "10.0.0.0\/33", must be an address, a range/,
    ],
    [
      'a file that is no object',
      { files: file('[]') },
      /^Cannot use isolette.jsonc: \[\], must be an object$/,
    ],
    [
      'a file that is no JSON',
      { files: file('{\n  "port": }') },
      /^Cannot read isolette.jsonc:2:11: ValueExpected, must be JSON with comments$/,
    ],
    [
      'a missing file that was named',
      { flags: { config: 'no.jsonc' } },
      /^Cannot read no.jsonc: no such file/,
    ],
    [
      'a socket path that the system would cut off',
      { flags: { admin: `/${'x'.repeat(120)}` } },
      /^Cannot use admin: .* is 121 bytes, must be at most 10/,
    ],
  ]
  for (const [name, sources, message] of refused) {
    it(`refuses ${name} in one line`, () => {
      assert.throws(
        () => resolve(sources),
        (error) => {
          assert.ok(error instanceof IsoletteError)
          assert.equal(error.code, 'bad_configuration')
          assert.match(error.message, message)
          assert.doesNotMatch(error.message, /\n/)
          return true
        },
      )
    })
  }
})

describe('isolette.schema.json', () => {
  it('is what package/isolette-schema.ts writes', () => {
    assert.deepEqual(JSON.parse(readFileSync(isoletteSchemaPath, 'utf8')), JSON.parse(isoletteSchemaText()))
  })
})

function file(text: string): Record<string, string> {
  return { '/srv/isolette.jsonc': text }
}
