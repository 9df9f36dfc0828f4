import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { failureOf, nextText, readNext, restOf, SentBody, streamOf } from './body-fixture.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'
import { upstream } from './upstream.ts'

const egress = { allow: ['127.0.0.1'], deny: [] }

describe('What a guest fetches', () => {
  it('is answered at the head, and comes chunk by chunk', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`const answer = await fetch('${server.origin}')
      await fetch('${server.origin}/head')
      const read = []
      for await (const chunk of answer.body) {
        read.push(new TextDecoder().decode(chunk))
        await fetch('${server.origin}/read')
      }
      return Response.json([answer.status, ...read])`)
    const answer = fixture.get(fixture.define({ bundle, egress }))
    const { response } = await server.next()
    response.writeHead(201).flushHeaders()
    const head = await server.next()
    assert.equal(head.path, '/head')
    head.response.end()
    for (const text of ['one', 'two']) {
      response.write(text)
      const read = await server.next()
      assert.equal(read.path, '/read')
      read.response.end()
    }
    response.end()
    assert.equal(textOf(await answer), '[201,"one","two"]')
  })

  it('is fetched no faster than it is read', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`const answer = await fetch('${server.origin}')
      const reader = answer.body.getReader()
      await reader.read()
      await fetch('${server.origin}/stop')
      let bytes = 0
      for (;;) { const { value, done } = await reader.read(); if (done) break; bytes += value.length }
      return new Response('' + (bytes > 1e7))`)
    const answer = fixture.get(fixture.define({ bundle, egress, limits: { cpuMs: 1000 } }))
    const { response } = await server.next()
    const chunk = Buffer.alloc(2 ** 20)
    let written = 0
    const write = () => {
      if (written++ === 40) response.end()
      else response.write(chunk, write)
    }
    write()
    const stop = await server.next()
    // Sockets hold some megabytes; the rest is not taken from them.
    for (let wait = 0; wait < 20; wait++) await turn()
    assert.ok(written < 40, `${written} MiB were taken`)
    stop.response.end()
    assert.equal(textOf(await answer), 'true')
  })

  it('is handed on to the response by the host, whatever becomes of the instance', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`return fetch('${server.origin}')`)
    const settled = fixture.get(fixture.define({ bundle, egress }))
    const { response } = await server.next()
    response.writeHead(200, { 'x-up': 'yes' }).flushHeaders()
    const { outcome } = await settled
    const source = streamOf(await settled)
    assert.ok(outcome.kind === 'ok' && outcome.response!.headers.includes('x-up'))
    assert.equal(fixture.pool.isBusy, false)
    fixture.pool.removeFunction('test')
    fixture.pool.sweep()
    response.write('one')
    assert.equal(await nextText(source), 'one')
    response.end('two')
    assert.equal(await restOf(source), 'two')
  })

  it('is given up when whoever it was handed on to goes', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const settled = fixture.get(
      fixture.define({ bundle: fetching(`return fetch('${server.origin}')`), egress }),
    )
    const { response } = await server.next()
    response.flushHeaders()
    streamOf(await settled).cancel()
    await once(response, 'close')
  })

  it('fails whoever reads it when it breaks off', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const read = {
      text: 'answer.text()',
      chunks: '(async () => { for await (const chunk of answer.body); })()',
    }
    const bundle = fetching(`const answer = await fetch('${server.origin}')
      if (path === '/pass') return answer
      const read = path === '/text' ? ${read.text} : ${read.chunks}
      return new Response(await read.then(() => 'read', (error) => error.name + ': ' + error.message))`)
    const target = fixture.define({ bundle, egress })
    for (const path of ['/text', '/chunks', '/pass']) {
      const settled = fixture.get(target, path)
      const { response } = await server.next()
      response.write('part')
      if (path !== '/pass') {
        setImmediate(() => response.destroy())
        assert.match(
          textOf(await settled),
          /^TypeError: Cannot read the body: the answer of http.* broke off: /,
        )
        continue
      }
      const source = streamOf(await settled)
      assert.equal(await nextText(source), 'part')
      response.destroy()
      const { kind, text } = failureOf(await readNext(source))
      assert.equal(kind, 'exception')
      assert.match(text, /broke off/)
    }
  })

  it('is given up when its signal aborts: whoever reads gets the reason', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`const controller = new AbortController()
      const answer = await fetch('${server.origin}', { signal: controller.signal })
      const errors = []
      const note = (error) => errors.push(error.name)
      const copy = path === '/clone' ? answer.clone() : answer
      const reads = path === '/unread' ? [] : path === '/chunks' ? [answer.body.getReader().read().catch(note)] : [copy.text().catch(note)]
      await fetch('${server.origin}/abort')
      controller.abort(path === '/reason' ? new RangeError('mine') : undefined)
      await Promise.all(reads)
      if (path === '/unread') await answer.text().catch(note)
      return new Response(errors.join())`)
    const target = fixture.define({ bundle, egress })
    for (const path of ['/text', '/chunks', '/clone', '/unread', '/reason']) {
      const settled = fixture.get(target, path)
      const { response } = await server.next()
      response.flushHeaders()
      const abort = await server.next()
      abort.response.end()
      await once(response, 'close')
      assert.equal(textOf(await settled), path === '/reason' ? 'RangeError' : 'AbortError', path)
    }
  })

  it('is given up when the request is over and nobody has read it', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(
      `const answer = await fetch('${server.origin}'); return new Response('' + answer.status)`,
    )
    const settled = fixture.get(fixture.define({ bundle, egress }))
    const { response } = await server.next()
    response.flushHeaders()
    assert.equal(textOf(await settled), '200')
    await once(response, 'close')
  })

  it('comes whole with the head when it is there, and keeps no connection if nobody reads it', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`const answers = []
      for (let index = 0; index < 10; index++) answers.push(await fetch('${server.origin}'))
      return Response.json(await Promise.all(answers.map((answer) => answer.text())))`)
    const settled = fixture.get(fixture.define({ bundle, egress }))
    for (let index = 0; index < 10; index++) (await server.next()).response.end('small')
    assert.equal(JSON.parse(textOf(await settled)).length, 10)
  })

  it('makes room for another request, if all six are left unread: the oldest is given up', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`const answers = []
      for (let index = 0; index < 7; index++) answers.push(await fetch('${server.origin}/' + index))
      const read = await Promise.all(answers.map((answer) =>
        answer.text().then((text) => text.length, (error) => error.message)))
      return Response.json(read)`)
    const settled = fixture.get(fixture.define({ bundle, egress, limits: { cpuMs: 500 } }))
    const large = Buffer.alloc(2_000_000, 'x')
    for (let index = 0; index < 7; index++) {
      const { response } = await server.next()
      response.on('error', () => {}).end(index === 6 ? 'last' : large)
    }
    const [first, ...others] = JSON.parse(textOf(await settled))
    assert.match(first, /given up so that other requests could begin/)
    assert.deepEqual(others, [2_000_000, 2_000_000, 2_000_000, 2_000_000, 2_000_000, 4])
  })
})

describe('What a guest sends', () => {
  const uploading = (origin: string) => `let controller
    const body = new ReadableStream({
      start(given) { controller = given },
      cancel(reason) { console.log('cancelled', reason.name) } })
    const answer = fetch('${origin}', { method: 'POST', body, duplex: 'half' })`

  it('goes out as it is made', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`${uploading(server.origin)}
      for (const text of ['one', 'two']) {
        controller.enqueue(new TextEncoder().encode(text))
        await fetch('${server.origin}/written')
      }
      controller.close()
      return new Response((await answer).status + await (await answer).text())`)
    const settled = fixture.get(fixture.define({ bundle, egress }))
    const first = [await server.next(), await server.next()]
    const { request, response } = first.find(({ path }) => path === '/')!
    assert.equal(request.headers['transfer-encoding'], 'chunked')
    const chunks = request[Symbol.asyncIterator]()
    let written = first.find(({ path }) => path === '/written')!
    for (const text of ['one', 'two']) {
      assert.equal(String((await chunks.next()).value), text)
      written.response.end()
      if (text === 'one') written = await server.next()
    }
    assert.equal((await chunks.next()).done, true)
    response.end('thanks')
    assert.equal(textOf(await settled), '200thanks')
  })

  it('is made no faster than it is sent', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`let made = 0
      const body = new ReadableStream({ pull(controller) {
        if (++made > 1000) controller.close()
        else controller.enqueue(new Uint8Array(65536)) } })
      const answer = fetch('${server.origin}', { method: 'POST', body, duplex: 'half' })
      await fetch('${server.origin}/pause')
      const before = made
      await fetch('${server.origin}/go')
      await answer
      return Response.json([before < 1000, made])`)
    const settled = fixture.get(fixture.define({ bundle, egress, limits: { cpuMs: 1000 } }))
    const arrived = [await server.next(), await server.next()]
    const { request, response } = arrived.find(({ path }) => path === '/')!
    for (let wait = 0; wait < 50; wait++) await turn()
    arrived.find(({ path }) => path === '/pause')!.response.end()
    ;(await server.next()).response.end()
    request.resume()
    await once(request, 'end')
    response.end()
    assert.equal(textOf(await settled), '[true,1001]')
  })

  it('is the request that came in, which the host hands on', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`return fetch(new Request('${server.origin}', request))`)
    const body = new SentBody()
    const { settled } = fixture.begin(fixture.define({ bundle, egress }), '/', undefined, body.pipe)
    // The head goes with the first chunk.
    body.write('one')
    const { request, response } = await server.next()
    const chunks = request[Symbol.asyncIterator]()
    assert.equal(String((await chunks.next()).value), 'one')
    body.write('two')
    assert.equal(String((await chunks.next()).value), 'two')
    body.pipe.end()
    assert.equal((await chunks.next()).done, true)
    response.end('thanks')
    assert.equal((await settled).outcome.kind, 'ok')
  })

  it('that fails makes the request fail', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`${uploading(server.origin)}
      controller.enqueue(new Uint8Array(1))
      await fetch('${server.origin}/begun')
      controller.error(new RangeError('ran dry'))
      return new Response(await answer.then(() => 'sent', (error) => error.name + ': ' + error.message))`)
    const settled = fixture.get(fixture.define({ bundle, egress }))
    const arrived = [await server.next(), await server.next()]
    const { request } = arrived.find(({ path }) => path === '/')!
    request.on('error', () => {}).resume()
    arrived.find(({ path }) => path === '/begun')!.response.end()
    assert.match(textOf(await settled), /^TypeError: Cannot fetch http.*: its body is incomplete: ran dry$/)
  })

  it('is cancelled when the request is aborted, or cannot be sent', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle = fetching(`const controller_ = new AbortController()
      const url = path === '/refused' ? 'http://10.0.0.1/' : '${server.origin}'
      const body = new ReadableStream({
        start(controller) { controller.enqueue(new Uint8Array(1)) },
        cancel(reason) { console.log('cancelled', reason.name) } })
      const answer = fetch(url, { method: 'POST', body, duplex: 'half', signal: controller_.signal })
      if (path === '/aborted') { await fetch('${server.origin}/begun'); controller_.abort() }
      return new Response(await answer.then(() => 'sent', (error) => error.name))`)
    const target = fixture.define({ bundle, egress })
    for (const [path, name] of [
      ['/refused', 'TypeError'],
      ['/aborted', 'AbortError'],
    ] as const) {
      const running = fixture.get(target, path)
      if (path === '/aborted') {
        const arrived = [await server.next(), await server.next()]
        for (const { request } of arrived) request.on('error', () => {})
        arrived.find(({ path }) => path === '/begun')!.response.end()
      }
      const settled = await running
      assert.equal(textOf(settled), name)
      assert.deepEqual(
        settled.usage.logLines.map(({ text }) => text),
        [`cancelled ${name}`],
      )
    }
  })

  it('cannot be sent again after a redirect that asks for it', async (t) => {
    const server = await upstream(t)
    await using fixture = new PoolFixture()
    const bundle =
      fetching(`const body = new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)); c.close() } })
      const answer = fetch('${server.origin}', { method: 'POST', body, duplex: 'half' })
      return new Response(await answer.then(() => 'sent', (error) => error.name))`)
    const settled = fixture.get(fixture.define({ bundle, egress }))
    const { request, response } = await server.next()
    request.resume()
    await once(request, 'end')
    response.writeHead(307, { location: `${server.origin}/again` }).end()
    assert.equal(textOf(await settled), 'TypeError')
    assert.equal(server.arrived.length, 0)
  })
})
