import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Guest } from './harness.ts'

it('the bootstrap asks no constructor and no symbol that a guest could replace', () => {
  using guest = new Guest(`const seen = []
    const watch = (object, key) => {
      const before = Object.getOwnPropertyDescriptor(object, key)
      const get = function () { seen.push(String(key) + ' of ' + Object.prototype.toString.call(this)); return before?.value ?? before?.get?.call(this) }
      Object.defineProperty(object, key, { get, configurable: true })
    }
    exports.default = { async fetch(request) {
      const decoder = new TextDecoder(), rare = new TextDecoder('shift_jis'), encoder = new TextEncoder()
      for (const { prototype } of [Array, ArrayBuffer, SharedArrayBuffer, Object.getPrototypeOf(Uint8Array), Uint8Array]) watch(prototype, 'constructor')
      for (const constructor of [Array, ArrayBuffer, Object.getPrototypeOf(Uint8Array)]) watch(constructor, Symbol.species)
      for (const name of ['split', 'replace', 'match', 'search']) watch(String.prototype, Symbol[name])
      const form = await request.formData()
      const answers = [
        decoder.decode(encoder.encode('ä€😀')), rare.decode(new Uint8Array([0x82, 0xa0])), form.get('name'),
        new URL('http://a/?a b').search, btoa('a'), new Blob(['abc']).slice(1).size, console.log('a\\nb'),
      ]
      const response = new Response(form)
      const [text] = await Promise.all([response.text()])
      return new Response(JSON.stringify([answers, /filename="a%22b"/.test(text), seen]))
    } }`)
  const body =
    '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nvalue\r\n' +
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a%22b"\r\n\r\nx\r\n--b--\r\n'
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  assert.deepEqual(guest.callJson({ method: 'POST', body, headers }), [
    ['ä€😀', 'あ', 'value', '?a%20b', 'YQ==', 2, null],
    true,
    [],
  ])
})
