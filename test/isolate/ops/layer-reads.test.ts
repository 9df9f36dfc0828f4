import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { op } from '../../../runtime/isolate/abi.ts'
import { filesOf, LayerFixture, layeredFunction } from '../layer-fixture.ts'
import { Ops, strange } from '../raw-ops.ts'

const files = filesOf({
  'data/words.txt': '\uFEFFäö\n',
  'data/bytes.bin': new Uint8Array([0, 255, 128, 10]),
  'data/deep/empty': '',
  'top.json': '{}',
})

/** What `body` returns in a function with these files, as JSON. */
function evaluate(body: string, topLevel = ''): unknown {
  using fixture = new LayerFixture()
  const code = layeredFunction(`return Response.json((() => { ${body} })())`, topLevel)
  return JSON.parse(fixture.text(fixture.load(fixture.prepare(), code, null, files)))
}

describe('files of layers', () => {
  it('are read as bytes and as text, and listed', () => {
    const body = `
      const { readFile, readText, list } = layerFiles
      const bytes = readFile('/opt/data/bytes.bin')
      return [bytes instanceof Uint8Array, [...bytes], readText('/opt/data/words.txt'), readText('/opt/data/bytes.bin'),
        readFile('/opt/data/deep/empty').length, readText('/opt/data/deep/empty'),
        list('/opt'), list('/opt/'), list('/opt/data'), list('/opt/data/deep/')]`
    assert.deepEqual(evaluate(body), [
      true,
      [0, 255, 128, 10],
      'äö\n',
      '\0\uFFFD\uFFFD\n',
      0,
      '',
      ['data/', 'top.json'],
      ['data/', 'top.json'],
      ['bytes.bin', 'deep/', 'words.txt'],
      ['empty'],
    ])
  })

  it('are there while the module is evaluated', () => {
    assert.equal(evaluate('return text', `const text = layerFiles.readText('/opt/top.json')`), '{}')
  })

  it('are found by no other name', () => {
    const paths = `['/opt/../etc/passwd', '/opt/data/../top.json', '/opt/./top.json', '/opt//top.json', '/opt/top.json/',
      '/etc/passwd', 'top.json', '', '/', '/opt', '/opt/', '/optional', '/opt/data', '/opt/top.json\\0', '/opt/__proto__',
      '/opt/constructor', '/opt/' + 'x'.repeat(1e6), 'x'.repeat(1e6)]`
    const body = (call: string) =>
      `return ${paths}.map((path) => { try { return layerFiles.${call}(path) } catch (error) { return error.name + error.message.length } })`
    const isRefusal = (answer: unknown) => /^TypeError\d{2,3}$/.test(String(answer))
    for (const call of ['readFile', 'readText'])
      for (const answer of evaluate(body(call)) as unknown[])
        assert.ok(isRefusal(answer), JSON.stringify(answer))
    const listed = (evaluate(body('list')) as unknown[]).filter((answer) => !isRefusal(answer))
    assert.deepEqual(listed, [
      ['data/', 'top.json'],
      ['data/', 'top.json'],
      ['bytes.bin', 'deep/', 'words.txt'],
    ])
  })

  it('say what is wrong with a path', () => {
    const body = (call: string) => `try { layerFiles.${call} } catch (error) { return error.message }`
    const message = (call: string) => evaluate(body(call))
    assert.equal(message(`readText('/opt/no')`), 'Cannot read "/opt/no": no layer has such a file')
    assert.equal(message(`list('/opt/no')`), 'Cannot list "/opt/no": no layer has such a folder')
    assert.equal(message(`readFile('/etc/passwd')`), 'Cannot read "/etc/passwd": must be a path under /opt')
    for (const path of [
      'undefined',
      'null',
      '5',
      '{}',
      'Symbol()',
      '{ toString() { return "/opt/top.json" } }',
    ])
      assert.match(
        String(message(`readText(${path})`)),
        /^Cannot read a file: path is \w+, must be a string$/,
      )
  })

  it('cannot be put in the place of another function’s', () => {
    const body = `
      JSON.parse = () => ['fake']
      globalThis.Uint8Array = class {}
      String.prototype.startsWith = () => true
      return [Object.isFrozen(layerFiles), layerFiles.list('/opt'), layerFiles.readFile('/opt/data/bytes.bin').length]`
    assert.deepEqual(evaluate(body), [true, ['data/', 'top.json'], 4])
  })

  it('of more than half of the memory are not read', () => {
    using fixture = new LayerFixture(64)
    fixture.cpuMs = 1000
    let reads = 0
    const sizes: Record<string, number> = { big: 250 * 2 ** 20, over: 32 * 2 ** 20 + 1, half: 32 * 2 ** 20 }
    const sized = {
      list: () => null,
      bytesOf: (path: string) => sizes[path] ?? null,
      read: (path: string) => {
        reads++
        return new Uint8Array(sizes[path]!)
      },
    }
    const code = layeredFunction(`
      const path = '/opt' + new URL(request.url).pathname
      try { return new Response(layerFiles.readFile(path).length + '') } catch (error) { return new Response(error.message) }`)
    const instance = fixture.load(fixture.prepare(), code, null, sized)
    const most = 'must be at most half of limits.memoryMiB'
    assert.equal(fixture.text(instance, '/big'), `Cannot read "/opt/big": 262144000 bytes, ${most}`)
    assert.equal(fixture.text(instance, '/over'), `Cannot read "/opt/over": 33554433 bytes, ${most}`)
    assert.equal(reads, 0)
    assert.equal(fixture.text(instance, '/half'), '33554432')
  })

  it('count as memory of the instance', () => {
    for (const call of ['readFile', 'readText']) {
      using fixture = new LayerFixture(16)
      fixture.cpuMs = 1000
      const bytes = 6 * 2 ** 20
      const large = { list: () => null, bytesOf: () => bytes, read: () => new Uint8Array(bytes) }
      const code = layeredFunction(`for (;;) all.push(layerFiles.${call}('/opt/large'))`, 'const all = []')
      const instance = fixture.load(fixture.prepare(), code, null, large)
      assert.ok(!('kind' in instance))
      const outcome = fixture.get(instance)
      assert.ok(['exceeded_memory', 'exception'].includes(outcome.kind), JSON.stringify(outcome))
    }
  })

  it('that are damaged are a fault of the host, and cost the instance', () => {
    using fixture = new LayerFixture()
    const damaged = { ...files, read: () => assert.fail('the disk') }
    const code = layeredFunction(`return new Response(layerFiles.readText('/opt/top.json'))`)
    const instance = fixture.load(fixture.prepare(), code, null, damaged)
    assert.ok(!('kind' in instance))
    assert.equal(fixture.get(instance).kind, 'internal_error')
    assert.equal(instance.state, 'condemned')
    const prepared = fixture.prepare()
    const early = layeredFunction('', `try { layerFiles.readText('/opt/top.json') } catch {}`)
    assert.throws(() => fixture.load(prepared, early, null, damaged), /the disk/)
    assert.ok(prepared.isolate.isDisposed)
  })
})

describe('a function with layers that imports nothing from them', () => {
  it('has no modules', () => {
    const body = `try { requireLayer('/opt/a.js') } catch (error) { return error.message }`
    assert.match(String(evaluate(body)), /Cannot find module/)
  })
})

describe('the ops of layers', () => {
  it('answer nothing to what is no path, and without layers', () => {
    for (const ops of [new Ops(1, files), new Ops(1)]) {
      for (const path of [...strange, 'no']) {
        assert.equal(ops.call(op.listLayers, path), '')
        assert.equal(ops.call(op.readLayer, path), undefined)
      }
    }
    const ops = new Ops(1, files)
    assert.equal(ops.call(op.listLayers, 'data/deep'), '["empty"]')
    assert.equal(ops.call(op.readLayer, 'top.json', true), '{}')
    assert.ok(ops.call(op.readLayer, 'top.json', 'yes') instanceof ArrayBuffer)
  })
})
