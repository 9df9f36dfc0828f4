import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Checkout } from '../../wpt/checkout.ts'
import { embedFiles } from '../../wpt/embedded-files.ts'
import { miniatureCheckout } from './miniature-checkout.ts'

test('embeds the files that a source names, by the names it uses', () => {
  using folder = miniatureCheckout({
    'url/resources/data.json': '[1]',
    'common/é.txt': '',
    'common/text.txt': 'é',
    'interfaces/dom.idl': 'interface Node {};',
  })
  const source = `fetch("resources/data.json"); fetch('/common/text.txt'); fetch("../common/none.txt"); idl_test(['dom'])`
  assert.deepEqual(embedFiles(new Checkout(folder.path), 'url/a.any.js', source), {
    'resources/data.json': { latin1: '[1]', type: 'application/json' },
    '/common/text.txt': { latin1: 'Ã©', type: 'text/plain' },
    '/interfaces/dom.idl': { latin1: 'interface Node {};', type: 'text/plain' },
  })
})

test('embeds nothing from outside the checkout', () => {
  using folder = miniatureCheckout({ 'inside/url/a.any.js': '', 'inside/resources/testharness.js': '' })
  const checkout = new Checkout(`${folder.path}/inside`)
  assert.deepEqual(embedFiles(checkout, 'url/a.any.js', '"../../resources/testharness.js"'), {
    '../../resources/testharness.js': { latin1: '', type: 'text/javascript' },
  })
})
