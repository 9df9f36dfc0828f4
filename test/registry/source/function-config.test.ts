import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { functionSchemaPath, functionSchemaText } from '../../../package/function-schema.ts'
import { usualAsync } from '../../../runtime/model/async-settings.ts'
import { usualPool } from '../../../runtime/model/function.ts'
import { fixedLimits } from '../../../runtime/model/limits.ts'
import { parseFunctionConfig } from '../../../runtime/registry/source/function-config.ts'
import { refusalOf } from './refused-config.ts'

describe('parseFunctionConfig', () => {
  it('fills everything that a file leaves out', () => {
    assert.deepEqual(parseFunctionConfig('{}'), {
      name: null,
      main: null,
      routes: [],
      settings: {
        versionHeader: false,
        exposeErrors: false,
        pool: usualPool,
        egress: { allow: [], deny: [] },
        async: usualAsync,
        triggers: [],
      },
      unsafe: { wasm: false },
      limits: {
        cpuMs: 50,
        timeoutMs: 30_000,
        memoryMiB: 128,
        maxRequestBodyBytes: 10 * 1024 * 1024,
        streamIdleMs: 60_000,
        subrequests: 50,
      },
      env: {},
      bindings: {},
      layers: [],
    })
  })

  it('reads how many instances are kept ready, and when', () => {
    const { settings } = parseFunctionConfig(`{ "pool": {
      "provisioned": 2,
      "schedule": [
        { "cron": "0 8 * * MON-FRI", "timezone": "Europe/Berlin", "provisioned": { "live": 10, "7": 1 } },
        { "cron": "0 20 * * *", "provisioned": 0 },
      ],
    } }`)
    assert.deepEqual(settings.pool, {
      ...usualPool,
      provisioned: { live: 2 },
      schedule: [
        { cron: '0 8 * * MON-FRI', timezone: 'Europe/Berlin', provisioned: { live: 10, 7: 1 } },
        { cron: '0 20 * * *', timezone: 'UTC', provisioned: { live: 0 } },
      ],
    })
  })

  it('reads comments, trailing commas, a byte order mark and every key', () => {
    const config = parseFunctionConfig(`\uFEFF{
      "$schema": "../function.schema.json", // editors
      "name": "api", "main": "src/main.ts",
      "routes": ["/a", "GET example.com/b/:id", { "path": "/c/*", "method": "post", "qualifier": "7" }],
      "layers": [],
      "env": { "KEY": "täxt", "_": "" },
      "limits": { "cpuMs": 500 },
      "pool": { "concurrency": 1, "reserved": 0 },
      "egress": { "allow": ["10.0.0.0/8", "*.internal:8080"], "deny": ["203.0.113.7"] },
      "versionHeader": true, "exposeErrors": true, /* both */
    }`)
    assert.equal(config.name, 'api')
    assert.equal(config.main, 'src/main.ts')
    assert.deepEqual(config.routes, [
      { host: null, method: null, path: '/a', qualifier: null },
      { host: 'example.com', method: 'GET', path: '/b/:id', qualifier: null },
      { host: null, method: 'POST', path: '/c/*', qualifier: '7' },
    ])
    assert.deepEqual(config.env, { KEY: 'täxt', _: '' })
    assert.equal(config.limits.cpuMs, 500)
    assert.equal(config.limits.timeoutMs, 30_000)
    assert.deepEqual(config.settings.pool, { ...usualPool, concurrency: 1, reserved: 0 })
    assert.deepEqual(config.settings.egress, {
      allow: ['10.0.0.0/8', '*.internal:8080'],
      deny: ['203.0.113.7'],
    })
    assert.ok(config.settings.versionHeader && config.settings.exposeErrors)
  })

  const overlongValue = 'ä'.repeat(fixedLimits.maxEnvValueBytes / 2 + 1)
  const manyVariables = Object.fromEntries(
    Array.from({ length: fixedLimits.maxEnvVariables + 1 }, (_, index) => [`V${index}`, 'x']),
  )
  const refused: [text: string, message: string, path: string, line: number, column: number][] = [
    [
      '{\n "limits": {\n  "cpuMs": 300001 } }',
      'limits.cpuMs: 300001, must be 1 to 300000',
      'limits.cpuMs',
      3,
      12,
    ],
    ['{"limits":{"memoryMiB":7}}', 'limits.memoryMiB: 7, must be 8 to 1024', 'limits.memoryMiB', 1, 24],
    [
      '{"egress":{"deny":["::1", "a b"]}}',
      'egress.deny[1]: "a b", must be an address, a range such as 10.0.0.0/8, or a host such as db.internal or *.internal; with :port for one port only',
      'egress.deny[1]',
      1,
      27,
    ],
    [
      '{"limits":{"cpuMs":1.5}}',
      'limits.cpuMs: 1.5, must be a whole number from 1 to 300000',
      'limits.cpuMs',
      1,
      20,
    ],
    [
      '{\n\t"limits": {"cpums": 5}}',
      'limits.cpums: unknown, must be one of cpuMs, timeoutMs, streamIdleMs, memoryMiB, maxRequestBodyBytes, subrequests',
      'limits.cpums',
      2,
      13,
    ],
    [
      '{"cache":{}}',
      'cache: unknown, must be one of $schema, name, main, routes, layers, env, bindings, limits, unsafe, pool, egress, async, triggers, versionHeader, exposeErrors',
      'cache',
      1,
      2,
    ],
    ['[]', 'a list of 0, must be an object', '', 1, 1],
    ['{"limits":[1]}', 'limits: a list of 1, must be an object', 'limits', 1, 11],
    ['{"name":3}', 'name: 3, must be text of 1 to 63 characters', 'name', 1, 9],
    ['{"versionHeader":"yes"}', 'versionHeader: "yes", must be true or false', 'versionHeader', 1, 18],
    ['{"pool":{"concurrency":0}}', 'pool.concurrency: 0, must be 1 to 1000', 'pool.concurrency', 1, 24],
    [
      '{"pool":{"idleTimeoutMs":999}}',
      'pool.idleTimeoutMs: 999, must be 1000 to 86400000',
      'pool.idleTimeoutMs',
      1,
      26,
    ],
    ['{"pool":{"reserved":-1}}', 'pool.reserved: -1, must be 0 to 1000000', 'pool.reserved', 1, 21],
    ['{"pool":{"provisioned":1001}}', 'pool.provisioned: 1001, must be 0 to 1000', 'pool.provisioned', 1, 24],
    [
      '{"pool":{"provisioned":{"live":-1}}}',
      'pool.provisioned.live: -1, must be 0 to 1000',
      'pool.provisioned.live',
      1,
      32,
    ],
    [
      '{"pool":{"provisioned":{"live":1,"$LATEST":1}}}',
      'pool.provisioned.$LATEST: unknown, must be an alias or the number of a published version',
      'pool.provisioned.$LATEST',
      1,
      34,
    ],
    [
      '{"pool":{"provisioned":{"latest":1}}}',
      'pool.provisioned.latest: unknown, must be an alias or the number of a published version',
      'pool.provisioned.latest',
      1,
      25,
    ],
    [
      '{"pool":{"maxInstances":3,"provisioned":{"live":2,"4":2}}}',
      'pool.provisioned: 4 in all, must be at most pool.maxInstances, 3',
      'pool.provisioned',
      1,
      41,
    ],
    [
      '{"pool":{"schedule":[{"cron":"0 8 * * *"}]}}',
      'pool.schedule[0].provisioned: missing, must be a number from 0 to 1000, or an object of such numbers by alias or version',
      'pool.schedule[0].provisioned',
      1,
      22,
    ],
    [
      '{"pool":{"schedule":[{"cron":"@daily","provisioned":1}]}}',
      'pool.schedule[0].cron: "@daily", must be five or six fields of cron, such as "0 8 * * MON-FRI", that name a time that comes',
      'pool.schedule[0].cron',
      1,
      30,
    ],
    [
      '{"pool":{"schedule":[{"cron":"* * * * *","timezone":"Mars/Base","provisioned":1}]}}',
      'pool.schedule[0].timezone: "Mars/Base", must be the name of a time zone, such as "Europe/Berlin"',
      'pool.schedule[0].timezone',
      1,
      53,
    ],
    [
      '{"pool":{"schedule":[{"cron":"* * * * *","provisioned":{"latest":1}}]}}',
      'pool.schedule[0].provisioned.latest: unknown, must be an alias or the number of a published version',
      'pool.schedule[0].provisioned.latest',
      1,
      57,
    ],
    [
      '{"pool":{"schedule":[{"cron":"* * * * *","provisioned":1,"zone":"UTC"}]}}',
      'pool.schedule[0].zone: unknown, must be one of cron, timezone, provisioned',
      'pool.schedule[0].zone',
      1,
      58,
    ],
    ['{"routes":[]}', 'routes: a list of 0, must be at least one route, or left out', 'routes', 1, 11],
    [
      '{"routes":[7]}',
      'routes[0]: 7, must be a path, or an object with path, method, host and qualifier',
      'routes[0]',
      1,
      12,
    ],
    [
      '{"routes":["/a", {"path":"/b", "verb":"GET"}]}',
      'routes[1].verb: unknown, must be one of path, method, host, qualifier',
      'routes[1].verb',
      1,
      32,
    ],
    [
      '{"routes":[{"path":7}]}',
      'routes[0].path: 7, must be text of 1 to 2048 characters',
      'routes[0].path',
      1,
      20,
    ],
    [
      '{"routes":["/a","/a"]}',
      'routes: Cannot use route "/a" twice for one function: must be listed once',
      'routes',
      1,
      11,
    ],
    ['{"env":{"A":1}}', 'env.A: a number, must be text of at most 5120 bytes', 'env.A', 1, 13],
    ['{"env":{"A-B":"x"}}', 'env.A-B: must be a name of letters, digits and _', 'env.A-B', 1, 9],
    [
      `{"env":{"SECRET":"${overlongValue}"}}`,
      'env.SECRET: text of 5122 bytes, must be text of at most 5120 bytes',
      'env.SECRET',
      1,
      18,
    ],
    [
      JSON.stringify({ env: manyVariables }),
      'env: an object of 65 keys, must be at most 64 variables',
      'env',
      1,
      8,
    ],
    [
      '{"layers":["fonts"]}',
      'layers[0]: "fonts", must be a name and a version, like "lodash:1"',
      'layers[0]',
      1,
      12,
    ],
    ['{"layers":["a:1", "a:2", "a:1"]}', 'layers[2]: "a:1", must be listed once', 'layers[2]', 1, 26],
  ]
  for (const [text, message, path, line, column] of refused) {
    it(`refuses ${text.slice(0, 60).replaceAll('\n', ' ')} with its place`, () => {
      const error = refusalOf(text)
      assert.equal(error.message, `function.jsonc: ${message}`)
      assert.deepEqual(error.details, { file: 'function.jsonc', path, line, column })
    })
  }

  it('names the route that cannot be read', () => {
    const error = refusalOf('{"routes":["/a", "b"]}')
    assert.match(error.message, /^function\.jsonc: routes\[1\]: Cannot use route "b": /)
    assert.equal(error.details.column, 18)
  })

  const notJson: [text: string, message: string][] = [
    ['', 'function.jsonc:1:1: value expected, must be JSON with comments'],
    ['{\n  "name" "x"}', 'function.jsonc:2:10: colon expected, must be JSON with comments'],
    ['{"name":"a","name":"b"}', 'function.jsonc:1:13: "name" stands twice in its object'],
    ['{"env":{"__proto__":{"A":"x"}}}', 'function.jsonc:1:9: "__proto__" is not a key that can be used'],
    ['['.repeat(100_000), 'function.jsonc:1:1: nesting too deep, must be JSON with comments'],
  ]
  for (const [text, message] of notJson) {
    it(`refuses the text ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.equal(refusalOf(text).message, message)
    })
  }
})

describe('function.schema.json', () => {
  it('is what package/function-schema.ts writes', () => {
    assert.deepEqual(JSON.parse(readFileSync(functionSchemaPath, 'utf8')), JSON.parse(functionSchemaText()))
  })
})
