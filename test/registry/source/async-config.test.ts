import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { usualAsync } from '../../../runtime/model/async-settings.ts'
import { fixedLimits } from '../../../runtime/model/limits.ts'
import { parseFunctionConfig } from '../../../runtime/registry/source/function-config.ts'
import { type Refused, refusesWithPlace } from './refused-config.ts'

const secret = 'hush-hush-hush-hush'

describe('parseFunctionConfig of async, triggers and bindings', () => {
  it('reads how calls are kept and tried again', () => {
    const { settings } = parseFunctionConfig(`{ "async": {
      "http": true, "maxQueued": 0, "maxAttempts": 10, "maxAgeMs": 60000, "timeoutMs": 900000, "pin": "alias",
      "backoff": { "initialMs": 1, "factor": 1.5, "jitter": "none" },
      "concurrency": 1, "resultRetentionMs": 0, "deadLetterRetentionMs": 60000,
      "onSuccess": "log", "onFailure": { "url": "https://example.com/ends?x=1", "secret": "${secret}" },
    } }`)
    assert.deepEqual(settings.async, {
      http: true,
      maxQueued: 0,
      maxAttempts: 10,
      maxAgeMs: 60_000,
      backoff: { initialMs: 1, factor: 1.5, maxMs: 300_000, jitter: 'none' },
      timeoutMs: 900_000,
      pin: 'alias',
      concurrency: 1,
      onSuccess: { kind: 'function', reference: 'log' },
      onFailure: { kind: 'url', url: 'https://example.com/ends?x=1', secret },
      resultRetentionMs: 0,
      deadLetterRetentionMs: 60_000,
    })
    assert.deepEqual(parseFunctionConfig('{"async":{"backoff":{}}}').settings.async, usualAsync)
  })

  it('reads triggers, with events as JSON text and qualifiers as they are meant', () => {
    const { settings } = parseFunctionConfig(`{ "triggers": [
      { "cron": "*/5 * * * *" },
      { "cron": "*/5 * * * *", "event": null },
      { "cron": "0 0 8 * * MON", "event": { "ä": [1, /* two */ 2] }, "timezone": "Europe/Berlin", "qualifier": "latest",
        "catchUpMs": 0, "overlap": true },
    ] }`)
    const usual = {
      cron: '*/5 * * * *',
      timezone: 'UTC',
      qualifier: 'live',
      catchUpMs: 60_000,
      overlap: false,
    }
    assert.deepEqual(settings.triggers, [
      { ...usual, eventJson: '{}' },
      { ...usual, eventJson: 'null' },
      {
        cron: '0 0 8 * * MON',
        timezone: 'Europe/Berlin',
        eventJson: '{"ä":[1,2]}',
        qualifier: '$LATEST',
        catchUpMs: 0,
        overlap: true,
      },
    ])
  })

  it('reads bindings', () => {
    const bindings = { MAIL: 'mail', AUDIT: 'audit:3', dev: 'mail:$LATEST' }
    assert.deepEqual(parseFunctionConfig(JSON.stringify({ bindings })).bindings, bindings)
  })

  it('takes events of as many bytes as calls may bring', () => {
    const event = 'x'.repeat(fixedLimits.maxAsyncBytes - 2)
    assert.equal(
      parseFunctionConfig(JSON.stringify({ triggers: [{ cron: '* * * * *', event }] })).settings.triggers
        .length,
      1,
    )
  })

  const many = (count: number, make: (index: number) => unknown) =>
    Array.from({ length: count }, (_, i) => make(i))
  const refused: Refused[] = [
    [
      '{"async":{"retries":3}}',
      /^async\.retries: unknown, must be one of http, maxQueued, .*, deadLetterRetentionMs$/,
      11,
    ],
    [
      '{"async":{"backoff":{"max":3}}}',
      'async.backoff.max: unknown, must be one of initialMs, factor, maxMs, jitter',
      22,
    ],
    ['{"async":{"maxAttempts":11}}', 'async.maxAttempts: 11, must be 1 to 10', 25],
    ['{"async":{"maxAgeMs":59999}}', 'async.maxAgeMs: 59999, must be 60000 to 604800000', 22],
    ['{"async":{"backoff":{"factor":"2"}}}', 'async.backoff.factor: "2", must be a number from 1 to 10', 31],
    [
      '{"async":{"backoff":{"factor":10.5}}}',
      'async.backoff.factor: 10.5, must be a number from 1 to 10',
      31,
    ],
    ['{"async":{"backoff":{"jitter":true}}}', 'async.backoff.jitter: true, must be full or none', 31],
    ['{"async":{"pin":"none"}}', 'async.pin: "none", must be version or alias', 17],
    [
      '{"async":{"backoff":{"initialMs":2000,"maxMs":1000}}}',
      'async.backoff.maxMs: 1000, must be at least async.backoff.initialMs, 2000',
      47,
    ],
    [
      '{"async":{"backoff":{"initialMs":300001}}}',
      'async.backoff.maxMs: 300000, must be at least async.backoff.initialMs, 300001',
      21,
    ],
    [
      '{"async":{"onSuccess":7}}',
      'async.onSuccess: a number, must be a function as name or name:qualifier, or an object with url and secret',
      23,
    ],
    [
      '{"async":{"onSuccess":"https://example.com"}}',
      'async.onSuccess: must be a function as name or name:qualifier, or an object with url and secret',
      23,
    ],
    [
      '{"async":{"onFailure":{"url":"https://a.b"}}}',
      'async.onFailure.secret: missing, must be text of 16 to 256 characters',
      23,
    ],
    [
      '{"async":{"onFailure":{"url":"https://a.b","secret":"hush-hush"}}}',
      'async.onFailure.secret: text of 9 bytes, must be text of 16 to 256 characters',
      53,
    ],
    [
      `{"async":{"onFailure":{"url":"https://a.b","secret":"${secret}","token":"hush"}}}`,
      'async.onFailure.token: unknown, must be one of url, secret',
      75,
    ],
    ...['http://a.b', 'https://u:hush@a.b', 'https://hush@a.b', 'a.b', 'https://', 'javascript:1'].map(
      (url): Refused => [
        JSON.stringify({ async: { onFailure: { url, secret } } }),
        'async.onFailure.url: must be a URL that begins with https://, without user name and password',
        30,
      ],
    ),
    ['{"triggers":{}}', 'triggers: an object of 0 keys, must be a list of triggers', 13],
    ['{"triggers":["* * * * *"]}', 'triggers[0]: "* * * * *", must be an object with cron', 14],
    ['{"triggers":[{}]}', 'triggers[0].cron: missing, must be text of 1 to 200 characters', 14],
    [
      '{"triggers":[{"cron":"* * * * *","zone":"UTC"}]}',
      'triggers[0].zone: unknown, must be one of cron, event, timezone, qualifier, catchUpMs, overlap',
      34,
    ],
    [
      '{"triggers":[{"cron":"@daily"}]}',
      'triggers[0].cron: "@daily", must be five or six fields of cron, such as "0 8 * * MON-FRI", that name a time that comes',
      22,
    ],
    [
      '{"triggers":[{"cron":"* * * * *","timezone":"Mars/Base"}]}',
      'triggers[0].timezone: "Mars/Base", must be the name of a time zone, such as "Europe/Berlin"',
      45,
    ],
    [
      '{"triggers":[{"cron":"* * * * *","qualifier":"A b"}]}',
      'triggers[0].qualifier: "A b", must be an alias, a version number or $LATEST',
      46,
    ],
    [
      '{"triggers":[{"cron":"* * * * *","catchUpMs":-1}]}',
      'triggers[0].catchUpMs: -1, must be 0 to 604800000',
      46,
    ],
    [
      '{"triggers":[{"cron":"* * * * *"}, {"cron":"* * * * *","event":{},"overlap":true}]}',
      'triggers[1]: the same as triggers[0], must be listed once',
      36,
    ],
    [
      JSON.stringify({ triggers: many(33, (i) => ({ cron: `${i} * * * *` })) }),
      'triggers: a list of 33, must be at most 32 triggers',
      13,
    ],
    [
      JSON.stringify({ triggers: [{ cron: '* * * * *', event: 'x'.repeat(fixedLimits.maxAsyncBytes) }] }),
      'triggers[0].event: 1048578 bytes as JSON, must be at most 1048576',
      42,
    ],
    [
      JSON.stringify({ triggers: many(2, (i) => ({ cron: `${i} * * * *`, event: 'ä'.repeat(300_000) })) }),
      'triggers[1].event: 1200004 bytes as JSON with those before it, must be at most 1048576',
      300_074,
    ],
    ['{"bindings":{"MAIL":7}}', 'bindings.MAIL: 7, must be text of 1 to 127 characters', 21],
    ['{"bindings":{"MA-IL":"mail"}}', 'bindings.MA-IL: must be a name of letters, digits and _', 14],
    [
      '{"bindings":{"MAIL":"mail:a:b"}}',
      'bindings.MAIL: "mail:a:b", must be a function as name or name:qualifier',
      21,
    ],
    [
      '{"env":{"MAIL":"x"},"bindings":{"MAIL":"mail"}}',
      'bindings.MAIL: must have a name that env has not',
      33,
    ],
    [
      JSON.stringify({
        bindings: Object.fromEntries(many(33, (i) => [`B${i}`, 'mail']) as [string, string][]),
      }),
      'bindings: an object of 33 keys, must be at most 32 bindings',
      13,
    ],
  ]
  for (const one of refused) refusesWithPlace(one)
})
