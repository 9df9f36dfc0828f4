import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Checkout } from '../../wpt/checkout.ts'
import { directoryOf, planTests } from '../../wpt/test-plan.ts'
import { miniatureCheckout } from './miniature-checkout.ts'

function namesOf(checkout: Checkout, prefixes: readonly string[]): string[] {
  return planTests(checkout, prefixes).map(({ path, variant }) => path + variant)
}

test('plans a test once for each variant, in order, whatever prefixes name it', () => {
  using folder = miniatureCheckout({
    'url/b.any.js': '',
    'url/sub/c.any.js': '',
    'url/a.any.js': '// META: variant=?1\n// META: variant=?2',
    'url/page.html': '',
    'url/d.window.js': '',
    'console/e.any.js': '',
  })
  const checkout = new Checkout(folder.path)
  const url = ['url/a.any.js?1', 'url/a.any.js?2', 'url/b.any.js', 'url/sub/c.any.js']
  assert.deepEqual(namesOf(checkout, ['url/', 'url/b']), url)
  assert.deepEqual(namesOf(checkout, ['url/b', 'con']), ['url/b.any.js', 'console/e.any.js'])
  assert.deepEqual(namesOf(checkout, ['nothing/']), [])
})

test('leaves out tests that are for windows or service workers alone', () => {
  using folder = miniatureCheckout({
    'url/window.any.js': '// META: global=window',
    'url/service.any.js': '// META: global=window,serviceworker',
    'url/worker.any.js': '// META: global=window,worker',
    'url/realm.any.js': '// META: global=shadowrealm',
  })
  assert.deepEqual(namesOf(new Checkout(folder.path), ['url/']), ['url/realm.any.js', 'url/worker.any.js'])
})

test('gives figures by the directories of the plan, by folder elsewhere', () => {
  assert.equal(directoryOf('streams/piping/abort.any.js'), 'streams/')
  assert.equal(directoryOf('fetch/api/headers/a.any.js'), 'fetch/api/headers/')
  assert.equal(directoryOf('wasm/jsapi/table/get.any.js'), 'wasm/jsapi/table/')
})

test('refuses a folder that is none, or is no checkout', () => {
  assert.throws(() => new Checkout('/nothing/here'), {
    message: 'Cannot read "/nothing/here": must be a folder with web-platform-tests',
  })
  using folder = miniatureCheckout({})
  assert.throws(() => new Checkout(`${folder.path}/resources`), /must be a checkout of web-platform-tests$/)
})
