import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketKey, firstSegment, hostName } from '../../runtime/model/route-bucket.ts'
import { parseRoutePattern } from '../../runtime/model/route-pattern.ts'

const keys: [string, string][] = [
  ['/', '/'],
  ['/api', '/api'],
  ['GET /api/:id', '/api'],
  ['example.com/api/*', 'example.com/api'],
  ['/*', '/*'],
  ['/:id/x', '/*'],
  ['example.com/:id', 'example.com/*'],
  ['example.com/', 'example.com/'],
  ['//a', '/'],
]

for (const [route, key] of keys) {
  test(`bucketKey() of ${route} is ${key}`, () => {
    assert.equal(bucketKey(parseRoutePattern(route)), key)
  })
}

test('firstSegment() of a path is the key of the bucket its literal routes are in', () => {
  for (const path of ['/api', '/api/', '/api/users/7']) assert.equal(firstSegment(path), '/api')
  assert.equal(firstSegment('/'), '/')
  assert.equal(firstSegment('//a'), '/')
})

const hosts: [string, string][] = [
  ['example.com', 'example.com'],
  ['Example.COM:8787', 'example.com'],
  ['127.0.0.1:80', '127.0.0.1'],
  ['[::1]:8787', '[::1]'],
  ['[::1]', '[::1]'],
  ['[::1', '['],
  ['', ''],
  [':80', ''],
]

for (const [header, name] of hosts) {
  test(`hostName() of ${JSON.stringify(header)} is ${JSON.stringify(name)}`, () => {
    assert.equal(hostName(header), name)
  })
}
