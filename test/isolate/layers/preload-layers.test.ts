import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { op } from '../../../runtime/isolate/abi.ts'
import type { LayerFiles } from '../../../runtime/isolate/layers/layer-files.ts'
import { filesOf, LayerFixture, layeredFunction, layerScript } from '../layer-fixture.ts'

/** A layer script of one module that is preloaded. */
function layerOf(body: string): string {
  return layerScript({ '/opt/a.js': body })
}

/** What the module noted on the global, as JSON, when what is due has run. */
const noted = layeredFunction(
  'await new Promise((go) => setTimeout(go, 0)); return Response.json(globalThis.noted)',
)

describe('layers', () => {
  it('are evaluated in a waiting isolate, once, before a function arrives', () => {
    using fixture = new LayerFixture()
    const script = fixture.script(layerOf('globalThis.count = (globalThis.count ?? 0) + 1; exports.one = 1'))
    const prepared = fixture.prepare()
    assert.equal(fixture.preload(prepared, script), null)
    assert.equal(prepared.context.evalSync('count'), 1)
    const code = layeredFunction(
      `return new Response(a.one + ',' + count)`,
      `const a = requireLayer('/opt/a.js')`,
    )
    assert.equal(fixture.text(fixture.load(prepared, code, script)), '1,1')
    assert.deepEqual(fixture.entered, ['layers', 'function', 'function'])
  })

  it('are evaluated in a waiting isolate only as far as the list goes', () => {
    using fixture = new LayerFixture()
    const modules = { '/opt/a.js': 'globalThis.noted = "a"', '/opt/b.js': 'globalThis.noted = "b"' }
    const script = fixture.script(layerScript(modules, ['/opt/a.js']))
    const prepared = fixture.prepare()
    assert.equal(fixture.preload(prepared, script), null)
    assert.equal(prepared.context.evalSync('noted'), 'a')
    const code = layeredFunction('return new Response(noted)', `requireLayer('/opt/b.js')`)
    assert.equal(fixture.text(fixture.load(prepared, code, script)), 'b')
  })

  it('are evaluated when a function asks for them, if they were not before', () => {
    using fixture = new LayerFixture()
    const script = fixture.script(
      layerScript({ '/opt/a.js': 'exports.one = 1', '/opt/b.js': 'throw new Error("b")' }),
    )
    const code = layeredFunction(`return new Response(requireLayer('/opt/a.js').one)`)
    assert.equal(fixture.text(fixture.load(fixture.prepare(), code, script)), '1')
    const failing = layeredFunction('', `requireLayer('/opt/b.js')`)
    const failure = fixture.load(fixture.prepare(), failing, script)
    assert.ok('kind' in failure && failure.kind === 'exception')
    assert.equal(failure.error.message, 'b')
    assert.match(failure.error.stack, /isolette:layers:\d+:\d+/)
  })

  it('have what module scope has of the platform: clocks, random bytes, URLs, text, digests', () => {
    using fixture = new LayerFixture()
    fixture.nowMs = 1000
    const script = fixture.script(
      layerOf(`
        globalThis.noted = {
          now: performance.now(),
          random: crypto.getRandomValues(new Uint8Array(4)).length,
          uuid: crypto.randomUUID().length,
          url: new URL('../b?c', 'https://EXAMPLE.org/a/').href,
          text: new TextDecoder('windows-1252').decode(new Uint8Array([0x80])),
          agent: navigator.userAgent,
        }
        crypto.subtle.digest('SHA-256', new Uint8Array()).then((bytes) => { noted.digest = bytes.byteLength })
      `),
    )
    const prepared = fixture.prepare()
    assert.equal(fixture.preload(prepared, script), null)
    fixture.nowMs = 1500
    const code = layeredFunction('return Response.json({ ...noted, later: performance.now() })')
    assert.deepEqual(JSON.parse(fixture.text(fixture.load(prepared, code, script))), {
      now: 0,
      random: 4,
      uuid: 36,
      url: 'https://example.org/b?c',
      text: '€',
      agent: 'test/1',
      digest: 32,
      later: 500,
    })
  })

  it('set timers that come in the instance', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    using fixture = new LayerFixture()
    const script = fixture.script(
      layerOf(`
        globalThis.noted = []
        setTimeout(() => noted.push('due before'), 100)
        setTimeout(() => noted.push('at once'), 0)
        setTimeout(() => noted.push('due after'), 1000)
      `),
    )
    const prepared = fixture.prepare()
    assert.equal(fixture.preload(prepared, script), null)
    fixture.nowMs = 500
    t.mock.timers.tick(500)
    const instance = fixture.load(prepared, noted, script)
    assert.ok(!('kind' in instance))
    assert.deepEqual(JSON.parse(fixture.text(instance)), ['at once', 'due before'])
    fixture.nowMs = 1000
    t.mock.timers.tick(500)
    assert.deepEqual(JSON.parse(fixture.text(instance)), ['at once', 'due before', 'due after'])
  })

  it('cannot fetch', () => {
    using fixture = new LayerFixture()
    const body = `globalThis.noted = 'open'; fetch('http://127.0.0.1:1').catch((error) => { noted = error.message })`
    const script = fixture.script(layerOf(body))
    const prepared = fixture.prepare()
    assert.equal(fixture.preload(prepared, script), null)
    assert.match(fixture.text(fixture.load(prepared, noted, script)), /Cannot fetch: 0 subrequests/)
  })

  it('cost the first request no CPU', () => {
    using fixture = new LayerFixture()
    const script = fixture.script(layerOf('const end = Date.now() + 100; while (Date.now() < end);'))
    const prepared = fixture.prepare()
    assert.equal(fixture.preload(prepared, script), null)
    // limits.cpuMs is 50.
    assert.equal(
      fixture.text(fixture.load(prepared, layeredFunction(`return new Response('ok')`), script)),
      'ok',
    )
  })
})

describe('a layer script that cannot be preloaded', () => {
  const failing = (body: string, memoryMiB = 64) => {
    using fixture = new LayerFixture(memoryMiB)
    const script = fixture.script(layerOf(body))
    const prepared = fixture.prepare()
    const failure = fixture.preload(prepared, script)
    assert.ok(failure !== null)
    assert.equal(script.failure, failure)
    assert.equal(fixture.reports[0]!.failure, failure)
    assert.ok(prepared.isolate.isDisposed)
    const code = layeredFunction(`return new Response('ok')`)
    assert.equal(fixture.text(fixture.load(fixture.prepare(), code, script)), 'ok')
    return failure
  }

  it('says what was thrown', () => {
    const failure = failing('throw new TypeError("no")')
    assert.ok(failure.kind === 'exception')
    assert.equal(failure.error.name, 'TypeError')
    assert.equal(failure.error.message, 'no')
    assert.match(failure.error.stack, /isolette:layers:\d+:\d+/)
    for (const thrown of ['undefined', 'null', '{}', '"text"'])
      assert.equal(failing(`throw ${thrown}`).kind, 'exception')
  })

  it('shows nothing of the host, whatever becomes of the stack', () => {
    for (const thrown of [
      'throw new Error("a")',
      'Error.prepareStackTrace = () => { throw null }; throw new Error("a")',
      'throw Object.defineProperty(new Error("a"), "stack", { get() { throw null } })',
      'throw Object.defineProperty(new Error("a"), "stack", { value: {} })',
    ]) {
      const failure = failing(thrown)
      assert.ok(failure.kind === 'exception')
      assert.match(failure.error.stack, /^Error: a(\n {4}at .*isolette:\S+)*$/)
    }
  })

  it('says so of a rejection that nobody handles', () => {
    const failure = failing('Promise.reject(new Error("late"))')
    assert.ok(failure.kind === 'exception')
    assert.match(failure.error.message, /late/)
  })

  it('says that it does not compile', () => {
    using fixture = new LayerFixture()
    const failure = fixture.preload(fixture.prepare(), fixture.script('(('))
    assert.ok(failure?.kind === 'exception')
    assert.equal(failure.error.name, 'SyntaxError')
  })

  it('is stopped when it takes too long', () => {
    assert.deepEqual(failing('for (;;);'), {
      kind: 'exceeded_cpu',
      message: "The layers' top level was stopped after 1000 ms",
    })
  })

  it('is stopped when it takes too much memory', () => {
    assert.deepEqual(failing('const all = []; for (;;) all.push(String(all.length).padStart(5000))', 16), {
      kind: 'exceeded_memory',
      message: "The layers' top level was stopped over limits.memoryMiB, 16 MiB",
    })
  })

  it('says what failed on the host’s side', () => {
    using fixture = new LayerFixture()
    const files = { ...filesOf({ a: '' }), read: () => assert.fail('the disk') }
    const source = `((layerFiles) => ({ preload: ['a'], require() { try { layerFiles.readText('/opt/a') } catch {} } }))`
    const failure = fixture.preload(fixture.prepare(), fixture.script(source, files))
    assert.ok(failure?.kind === 'exception')
    assert.equal(failure.error.message, 'the disk')
  })
})

describe('what layers write to the console', () => {
  it('is told once for each script', () => {
    using fixture = new LayerFixture()
    const script = fixture.script(
      layerOf(
        `console.log('one', { a: 1 }); console.error('x'.repeat(1000)); for (let i = 0; i < 28; i++) console.log(i)`,
      ),
    )
    for (let count = 0; count < 2; count++) assert.equal(fixture.preload(fixture.prepare(), script), null)
    assert.equal(fixture.reports.length, 1)
    const { digest, failure, lines, droppedLines } = fixture.reports[0]!
    assert.deepEqual([digest, failure, lines.length, droppedLines], ['layers', null, 20, 10])
    assert.deepEqual(lines.slice(0, 3), ['info: one { a: 1 }', `error: ${'x'.repeat(500)}`, 'info: 0'])
  })
})

it('a path that is too long does not get to the host', () => {
  using fixture = new LayerFixture()
  const longest = `/opt/${'x'.repeat(4091)}`
  const asked: string[] = []
  const files: LayerFiles = {
    ...filesOf({}),
    bytesOf(path) {
      asked.push(path)
      return null
    },
  }
  const prepared = fixture.prepare()
  const code = layeredFunction(`
    const answers = []
    const path = new URL(request.url).pathname
    for (const read of [layerFiles.readFile, layerFiles.readText, layerFiles.list])
      try { read(path) } catch (error) { answers.push(error.message.slice(-47)) }
    return new Response(answers.join())`)
  const instance = fixture.load(prepared, code, null, files)
  let calls = 0
  const answerOps = prepared.answerOps.bind(prepared)
  fixture.text(instance, longest)
  assert.deepEqual(asked, [longest.slice(5), longest.slice(5)])
  answerOps((number) => {
    if (number === op.readLayer || number === op.listLayers) calls += 1
  })
  assert.match(
    fixture.text(instance, `${longest}x`),
    /(a path of 4097 characters, must be at most 4096,?){3}/,
  )
  assert.equal(calls, 0)
})

it('a waiting isolate that is disposed leaves no timer behind', () => {
  using fixture = new LayerFixture()
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const prepared = fixture.prepare()
  assert.equal(fixture.preload(prepared, fixture.script(layerOf('setTimeout(() => {}, 60_000)'))), null)
  assert.equal(timers(), before + 1)
  prepared.dispose()
  assert.equal(timers(), before)
})
