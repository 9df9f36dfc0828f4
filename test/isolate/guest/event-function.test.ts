import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Guest, type TestRequest } from './harness.ts'

interface FunctionUrlEvent {
  readonly headers: Record<string, string>
  readonly requestContext: { time: string; timeEpoch: number }
}

function eventOf(request: TestRequest): FunctionUrlEvent {
  using guest = new Guest('exports.handler = async (event) => event')
  return JSON.parse(guest.call(request).body) as FunctionUrlEvent
}

describe('an event function called directly', () => {
  it('is given the event and a context, and answers its result as JSON', () => {
    using guest = new Guest(`exports.handler = async (event, context) => {
      const { invocationId, awsRequestId, functionName, functionVersion, memoryLimitMiB, memoryLimitInMB } = context
      const before = context.getRemainingTimeInMillis()
      await new Promise((resolve) => setTimeout(resolve, 1000.4))
      return { event, context: { invocationId, awsRequestId, functionName, functionVersion, memoryLimitMiB, memoryLimitInMB },
        remaining: [before, context.getRemainingTimeInMillis()] }
    }`)
    assert.equal(guest.kind, 'handler')
    assert.deepEqual(guest.invoke({ a: [1] }), {
      event: { a: [1] },
      context: {
        invocationId: '0198-test',
        awsRequestId: '0198-test',
        functionName: 'hello',
        functionVersion: '3',
        memoryLimitMiB: 128,
        memoryLimitInMB: '128',
      },
      remaining: [30_000, 29_000],
    })
  })

  const results: [name: string, code: string, result: unknown][] = [
    ['nothing', '() => {}', null],
    ['a string', `() => 'text'`, 'text'],
    ['a number', '(event) => event.n + 1', 2],
    ['a promise', 'async (event) => event', { n: 1 }],
    ['a thenable', '() => ({ then(resolve) { resolve(5) } })', 5],
    ['a function', '() => () => {}', null],
    ['what has toJSON', '() => new Date(0)', '1970-01-01T00:00:00.000Z'],
  ]
  for (const [name, code, result] of results) {
    it(`answers ${name}`, () => {
      using guest = new Guest(`exports.handler = ${code}`)
      assert.deepEqual(guest.invoke({ n: 1 }), result)
    })
  }

  const failures: [name: string, code: string, message: RegExp][] = [
    ['throws', `() => { throw new Error('no') }`, /^no$/],
    ['rejects', `async () => { throw new Error('later') }`, /^later$/],
    ['answers what has no JSON', '() => 1n', /BigInt/],
    ['answers what goes in circles', '() => { const loop = {}; loop.loop = loop; return loop }', /circular/],
  ]
  for (const [name, code, message] of failures) {
    it(`that ${name} answers an error, and is done`, () => {
      using guest = new Guest(`exports.handler = ${code}`)
      const id = guest.addEvent({})
      guest.run()
      assert.match(guest.errorOf(id).message, message)
      assert.equal(guest.doneCount(id), 1)
    })
  }
})

describe('an HTTP request to an event function', () => {
  it('is a function URL event of payload 2.0', () => {
    const event = eventOf({
      method: 'POST',
      url: 'https://fn.example.com:8443/a%20b/c?x=1&y=a%20b&x=2',
      headers: [
        ['host', 'fn.example.com'],
        ['user-agent', 'test/1'],
        ['content-type', 'application/json; charset=utf-8'],
        ['x-twice', '1'],
        ['x-twice', '2'],
        ['cookie', 'a=1; b=2'],
        ['cookie', 'c=3'],
      ],
      body: '{"é":1}',
    })
    const { time, timeEpoch } = event.requestContext
    assert.ok(Math.abs(timeEpoch - Date.now()) < 10_000)
    const [, day, month, year, clock] = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) \+0000$/.exec(time) ?? []
    assert.equal(Date.parse(`${day} ${month} ${year} ${clock} UTC`), Math.floor(timeEpoch / 1000) * 1000)
    assert.deepEqual(event, {
      version: '2.0',
      routeKey: '$default',
      rawPath: '/a%20b/c',
      rawQueryString: 'x=1&y=a%20b&x=2',
      cookies: ['a=1', 'b=2', 'c=3'],
      headers: {
        host: 'fn.example.com',
        'user-agent': 'test/1',
        'content-type': 'application/json; charset=utf-8',
        'x-twice': '1,2',
        cookie: 'a=1; b=2,c=3',
      },
      queryStringParameters: { x: '1,2', y: 'a b' },
      requestContext: {
        accountId: 'anonymous',
        apiId: '$default',
        domainName: 'fn.example.com',
        domainPrefix: 'fn',
        http: {
          method: 'POST',
          path: '/a%20b/c',
          protocol: 'HTTP/1.1',
          sourceIp: '203.0.113.9',
          userAgent: 'test/1',
        },
        requestId: '0198-test',
        routeKey: '$default',
        stage: '$default',
        time,
        timeEpoch,
      },
      body: '{"é":1}',
      isBase64Encoded: false,
    })
  })

  it('leaves out what is not there', () => {
    const event = eventOf({ url: 'http://example.com' })
    assert.deepEqual(Object.keys(event), [
      'version',
      'routeKey',
      'rawPath',
      'rawQueryString',
      'headers',
      'requestContext',
      'isBase64Encoded',
    ])
    assert.deepEqual([(event as unknown as { rawPath: string }).rawPath, event.headers], ['/', {}])
  })

  const bodies: [type: string | null, body: string, isBase64Encoded: boolean][] = [
    ['text/html', 'hi', false],
    ['application/xml', 'hi', false],
    ['application/problem+json', 'hi', false],
    ['Application/X-WWW-Form-Urlencoded', 'hi', false],
    ['application/octet-stream', 'aGk=', true],
    ['image/png', 'aGk=', true],
    [null, 'aGk=', true],
  ]
  for (const [type, body, isBase64Encoded] of bodies) {
    it(`carries a body of type ${type} ${isBase64Encoded ? 'as base64' : 'as text'}`, () => {
      const event = eventOf({
        method: 'POST',
        headers: type === null ? {} : { 'content-type': type },
        body: 'hi',
      })
      const seen = event as unknown as { body: string; isBase64Encoded: boolean }
      assert.deepEqual([seen.body, seen.isBase64Encoded], [body, isBase64Encoded])
    })
  }

  it('takes names that objects have for headers and parameters as they come', () => {
    using guest = new Guest(
      `exports.handler = (event) => [event.headers.__proto__, Object.hasOwn(event.headers, '__proto__'), event.queryStringParameters.constructor]`,
    )
    const request = { url: 'http://example.com/?constructor=x', headers: [['__proto__', 'evil']] } as const
    assert.deepEqual(guest.callJson(request), ['evil', true, 'x'])
  })

  const json = { 'content-type': 'application/json' }
  const answers: [name: string, code: string, status: number, headers: object, body: string][] = [
    [
      'an object without statusCode',
      `{ message: 'Hello, world!' }`,
      200,
      json,
      '{"message":"Hello, world!"}',
    ],
    ['a string', `'Hello, world!'`, 200, json, '"Hello, world!"'],
    ['nothing', `undefined`, 200, json, 'null'],
    ['an array', `[{ statusCode: 5 }]`, 200, json, '[{"statusCode":5}]'],
    ['statusCode alone', `{ statusCode: 204 }`, 204, {}, ''],
    ['statusCode as text', `{ statusCode: '404', body: 'x' }`, 404, json, 'x'],
    [
      'headers and a body',
      `{ statusCode: 201, headers: { 'Content-Type': 'text/html', 'X-N': 5 }, body: '<p>' }`,
      201,
      { 'content-type': 'text/html', 'x-n': '5' },
      '<p>',
    ],
    ['cookies', `{ statusCode: 200, cookies: ['a=1; Secure'] }`, 200, { 'set-cookie': 'a=1; Secure' }, ''],
    ['a body in base64', `{ statusCode: 200, body: 'aGk=', isBase64Encoded: true }`, 200, json, 'hi'],
    ['a body that is no text', `{ statusCode: 200, body: { a: 1 } }`, 200, json, '{"a":1}'],
  ]
  for (const [name, code, status, headers, body] of answers) {
    it(`answers ${name}`, () => {
      using guest = new Guest(`exports.handler = async () => (${code})`)
      const answer = guest.call()
      assert.deepEqual([answer.status, answer.headers, answer.body], [status, headers, body])
    })
  }

  const failures: [name: string, code: string, message: RegExp][] = [
    ['a statusCode out of range', '{ statusCode: 99 }', /statusCode 99, must be a whole number, 200 to 599/],
    ['a statusCode that is none', `{ statusCode: 'ok' }`, /statusCode "ok"/],
    ['a header that is none', `{ statusCode: 200, headers: { 'a b': '1' } }`, /header name/],
    ['a header with a line end', `{ statusCode: 200, headers: { a: 'x\\r\\ny: z' } }`, /header value/],
    ['a cookie with a line end', `{ statusCode: 200, cookies: ['a\\nb'] }`, /header value/],
    ['base64 that is none', `{ statusCode: 200, body: '*', isBase64Encoded: true }`, /must be base64/],
  ]
  for (const [name, code, message] of failures) {
    it(`refuses ${name}`, () => {
      using guest = new Guest(`exports.handler = async () => (${code})`)
      const id = guest.add()
      guest.run()
      assert.match(guest.errorOf(id).message, message)
    })
  }
})

describe('a direct event to a fetch function', () => {
  const echo = `exports.default = { async fetch(request) {
    return Response.json([request.method, request.url, [...request.headers], await request.text()], { headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] })
  } }`
  const events: [name: string, event: unknown, seen: unknown][] = [
    ['nothing', null, ['GET', 'http://localhost/', [], '']],
    ['an empty object', {}, ['GET', 'http://localhost/', [], '']],
    ['a path', { path: '/a?b=1' }, ['GET', 'http://localhost/a?b=1', [], '']],
    [
      'a url',
      { url: 'https://x.example/y', method: 'delete', headers: { A: '1' } },
      ['DELETE', 'https://x.example/y', [['a', '1']], ''],
    ],
    [
      'a text',
      { body: 'text' },
      ['POST', 'http://localhost/', [['content-type', 'text/plain;charset=UTF-8']], 'text'],
    ],
    [
      'JSON',
      { method: 'PUT', headers: { 'content-type': 'application/json' }, body: { a: 1 } },
      ['PUT', 'http://localhost/', [['content-type', 'application/json']], '{"a":1}'],
    ],
    ['base64', { body: 'aGk=', isBase64Encoded: true }, ['POST', 'http://localhost/', [], 'hi']],
  ]
  for (const [name, event, seen] of events) {
    it(`is a request with ${name}`, () => {
      using guest = new Guest(echo)
      const result = guest.invoke(event) as {
        statusCode: number
        headers: object
        cookies: string[]
        body: string
        isBase64Encoded: boolean
      }
      assert.deepEqual(JSON.parse(result.body), seen)
      assert.deepEqual(
        { ...result, body: '' },
        {
          statusCode: 200,
          headers: { 'content-type': 'application/json' },
          cookies: ['a=1', 'b=2'],
          body: '',
          isBase64Encoded: false,
        },
      )
    })
  }

  const responses: [name: string, code: string, body: string, isBase64Encoded: boolean][] = [
    ['nothing', 'new Response()', '', false],
    ['bytes', 'new Response(new Uint8Array([0, 255]))', 'AP8=', true],
    [
      'bytes of a text',
      `new Response(new Uint8Array([104, 105]), { headers: { 'content-type': 'text/x' } })`,
      'hi',
      false,
    ],
    [
      'a stream',
      `new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([1])); c.close() } }))`,
      'AQ==',
      true,
    ],
  ]
  for (const [name, code, body, isBase64Encoded] of responses) {
    it(`answers ${name}`, () => {
      using guest = new Guest(`exports.default = { fetch: () => ${code} }`)
      const result = guest.invoke({}) as { body: string; isBase64Encoded: boolean }
      assert.deepEqual([result.body, result.isBase64Encoded], [body, isBase64Encoded])
    })
  }

  it('that is no request is an error', () => {
    using guest = new Guest(echo)
    for (const event of [
      { url: 'http://' },
      { method: 'a b' },
      { body: '*', isBase64Encoded: true },
      'not json',
    ]) {
      const id = guest.addEvent(event)
      guest.run()
      assert.equal(guest.resultOf(id)?.kind, 'error', JSON.stringify(event))
      assert.equal(guest.doneCount(id), 1)
    }
  })
})
