import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readBootstrap } from '../../../runtime/isolate/bootstrap.ts'
import { Guest } from './harness.ts'

/** Whatever the bootstrap writes to: keys of its literals, and what it assigns to. */
const names = new Set(
  (await readBootstrap(null)).flatMap((script) =>
    Array.from(
      script.matchAll(
        /[{,](?:async |get |set )?"?([A-Za-z_$][\w$-]*)"?[:(]|\.([A-Za-z_$][\w$]*)(?:=[^=]|\+\+|--|[-+|&?]{1,2}=)/g,
      ),
      ([, key, assigned]) => (key ?? assigned)!,
    ),
  ),
)

/** Accessors on the prototypes of all objects and arrays, which note what is assigned through them. */
const prelude = `
  const setBy = globalThis.setBy = Object.setPrototypeOf([], null), { defineProperty } = Object
  const trap = () => {
    const names = ${JSON.stringify([...names, ...Array.from({ length: 8 }, (_, index) => String(index))])}
    for (let p = 0; p < 2; p++) for (let k = 0; k < names.length; k++) {
      const name = names[k], prototype = p === 0 ? Object.prototype : Array.prototype
      if (name === '__proto__' || Object.hasOwn(prototype, name)) continue
      defineProperty(prototype, name, { __proto__: null, get() { return undefined }, set() { setBy[setBy.length] = name }, configurable: true })
    }
  }`

const uses: Readonly<Record<string, string>> = {
  'a response': `return new Response('hi ' + path, { status: 201, headers: { a: 'b' } })`,
  'a request': `const copy = request.clone(); return new Response(await copy.text() + request.headers.get('x-a') + path)`,
  JSON: `return Response.json({ got: await request.json(), path })`,
  timers: `await new Promise((done) => setTimeout(done, 2)); const id = setInterval(() => {}, 1); clearInterval(id); return new Response(path)`,
  events: `let seen = ''; const target = new EventTarget(); target.addEventListener('x', ({ detail }) => { seen += detail }, { once: true })
    target.dispatchEvent(new CustomEvent('x', { detail: path })); return new Response(seen)`,
  'an abort': `const any = AbortSignal.any([AbortSignal.timeout(3), new AbortController().signal])
    await new Promise((done) => { any.onabort = done }); return new Response(any.reason.name + path)`,
  messages: `const { port1, port2 } = new MessageChannel(); const got = new Promise((done) => { port1.onmessage = done })
    const buffer = new ArrayBuffer(3); port2.postMessage({ path, list: [1, [2]], map: new Map([[1, 2]]), buffer }, [buffer]); const { data } = await got
    return new Response(data.path + data.list[1][0] + data.map.get(1) + data.buffer.byteLength)`,
  'a clone': `const error = structuredClone(new RangeError('m', { cause: { path } })); return new Response(error.message + error.cause.path + structuredClone(new Set([4])).has(4))`,
  'an uncaught error': `addEventListener('error', (event) => { event.preventDefault(); seen = event.message }); let seen = ''; reportError(new Error(path)); return new Response(seen)`,
  'a URL': `const url = new URL('../x?a=1#b', 'https://user@example.com:8080/y/z'); url.searchParams.append('c', path); return new Response(url.href)`,
  'a pattern': `const { pathname } = new URLPattern({ pathname: '/:a/:b' }).exec('https://example.com/x' + path); return new Response(pathname.groups.b)`,
  text: `return new Response(new TextDecoder('utf-16le').decode(new Uint8Array([65, 0])) + atob(btoa(path)))`,
  'a form': `const form = new FormData(); form.append('a', new File([path], 'n')); const back = await new Response(form).formData(); return new Response(await back.get('a').text())`,
  'a stream': `const { readable, writable } = new TransformStream(); const writer = writable.getWriter(); writer.write(new TextEncoder().encode(path)); writer.close()
    let text = ''; const reader = readable.getReader(); for (;;) { const { done, value } = await reader.read(); if (done) break; text += new TextDecoder().decode(value) }
    return new Response(text)`,
  'a log': `console.log(path, { a: [1, { b: new Map([[1, 2]]) }] }); console.table([{ a: 1 }]); return new Response(path)`,
}

describe('setters that a guest puts on the prototypes of all objects', () => {
  for (const [name, body] of Object.entries(uses)) {
    it(`are called by nothing that the bootstrap does: ${name}`, () => {
      const answer = (isTrapped: boolean): { readonly body: string; readonly setBy: string } => {
        using guest = new Guest(`${prelude}
          ${isTrapped ? 'trap()' : ''}
          exports.default = { async fetch(request) { const path = request.url.slice(request.url.lastIndexOf('/')); ${body} } }`)
        const { body: text } = guest.call({
          method: 'POST',
          url: 'http://a/p',
          body: '{"a":1}',
          headers: { 'x-a': 'y', 'content-type': 'application/json' },
        })
        return { body: text, setBy: String(guest.eval(`Array.prototype.join.call(setBy, ' ')`)) }
      }
      const expected = answer(false)
      assert.deepEqual(answer(true), { body: expected.body, setBy: '' })
    })
  }
})
