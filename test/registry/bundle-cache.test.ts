import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import ivm from 'isolated-vm'
import { bundleFilename } from '../../runtime/isolate/instance/load-instance.ts'
import type { VersionManifest } from '../../runtime/model/version.ts'
import { BundleCache } from '../../runtime/registry/bundle-cache.ts'

const hello = `(() => { const greet = () => 'hello'; return { handler() { return greet() } } })()`
const manifestOf = (bundle: string) => ({ bundle }) as VersionManifest

function cacheOf(texts: Readonly<Record<string, string>>): { cache: BundleCache; reads: string[] } {
  const reads: string[] = []
  const cache = new BundleCache((digest) => {
    reads.push(digest)
    return Buffer.from(texts[digest]!)
  })
  return { cache, reads }
}

describe('BundleCache', () => {
  it('reads a bundle once', () => {
    const { cache, reads } = cacheOf({ a: hello })
    assert.equal(cache.read(manifestOf('a')).source, hello)
    assert.equal(cache.read(manifestOf('a')).source, hello)
    assert.deepEqual(reads, ['a'])
  })

  it('compiles what is asked for again, and what is fetched in advance', () => {
    const { cache, reads } = cacheOf({ a: hello, b: hello })
    assert.equal(cache.read(manifestOf('a')).codeCache, null)
    assert.notEqual(cache.read(manifestOf('a')).codeCache, null)
    cache.prefetch(manifestOf('b'))
    assert.notEqual(cache.read(manifestOf('b')).codeCache, null)
    assert.deepEqual(reads, ['a', 'b'])
  })

  it('compiles it with all its functions, for isolates as they are', () => {
    const { cache } = cacheOf({ a: hello })
    cache.prefetch(manifestOf('a'))
    const { source, codeCache } = cache.read(manifestOf('a'))
    const isolate = new ivm.Isolate({ memoryLimit: 8 })
    try {
      // V8 looks only at its length: what runs comes out of the code, or there is a ReferenceError.
      const other = 'x'.repeat(source.length)
      const script: ivm.Script & { cachedDataRejected?: boolean } = isolate.compileScriptSync(other, {
        filename: bundleFilename,
        cachedData: codeCache!,
      })
      assert.equal(script.cachedDataRejected, false)
      const context = isolate.createContextSync()
      const module: ivm.Reference<{ handler: () => string }> = script.runSync(context, { reference: true })
      assert.equal(module.getSync('handler', { reference: true }).applySync(), 'hello')
    } finally {
      isolate.dispose()
    }
  })

  it('leaves large bundles, and what does not compile, to the isolates', () => {
    const { cache } = cacheOf({ large: `${hello}//${'x'.repeat(64 * 1024)}`, broken: '(' })
    for (const bundle of ['large', 'broken']) {
      cache.prefetch(manifestOf(bundle))
      assert.equal(cache.read(manifestOf(bundle)).codeCache, null)
    }
  })
})
