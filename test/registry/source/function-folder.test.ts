import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type ErrorCode, IsoletteError } from '../../../runtime/model/errors.ts'
import { locateFunction } from '../../../runtime/registry/source/function-folder.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

describe('locateFunction', () => {
  it('takes the name of the folder and the first usual main module', () => {
    const mains = ['src/index.ts', 'index.mjs', 'index.js', 'index.mts', 'index.ts']
    using root = new TemporaryFolder({ 'my-fn/function.jsonc': '{}' })
    const folder = join(root.path, 'my-fn')
    for (const main of mains) {
      root.write({ [`my-fn/${main}`]: '' })
      const { name, source } = locateFunction({ path: folder, name: null })
      assert.equal(name, 'my-fn')
      assert.deepEqual(source, { folder, main, usesTsconfig: true })
    }
  })

  it('prefers the configured name, and over it the one that is asked for', () => {
    using folder = new TemporaryFolder({
      'function.jsonc': '{"name":"a","main":"./x/../b.js"}',
      'b.js': '',
      'x/c': '',
    })
    assert.equal(locateFunction({ path: folder.path, name: null }).name, 'a')
    const named = locateFunction({ path: folder.path, name: 'c' })
    assert.equal(named.name, 'c')
    assert.equal(named.source.main, 'b.js')
  })

  it('takes a single file, named after itself, and leaves the configuration beside it alone', () => {
    using folder = new TemporaryFolder({ 'hello-2.ts': '', 'function.jsonc': '{"name":"other"}' })
    const { name, source, config } = locateFunction({ path: join(folder.path, 'hello-2.ts'), name: null })
    assert.equal(name, 'hello-2')
    assert.deepEqual(source, { folder: folder.path, main: 'hello-2.ts', usesTsconfig: false })
    assert.equal(config.limits.cpuMs, 50)
    assert.equal(locateFunction({ path: join(folder.path, 'hello-2.ts'), name: 'b' }).name, 'b')
  })

  it('follows links to the folder and to the file', () => {
    using folder = new TemporaryFolder({ 'real/function.jsonc': '{}', 'real/index.ts': '' })
    const real = join(folder.path, 'real')
    symlinkSync(real, join(folder.path, 'linked'))
    symlinkSync(join(real, 'index.ts'), join(folder.path, 'one.ts'))
    assert.equal(locateFunction({ path: join(folder.path, 'linked'), name: null }).source.folder, real)
    const one = locateFunction({ path: join(folder.path, 'one.ts'), name: null })
    assert.deepEqual([one.name, one.source.folder, one.source.main], ['one', real, 'index.ts'])
  })

  const config = (main: string) => JSON.stringify({ name: 'f', main })
  const refused: [files: Record<string, string>, path: string, code: ErrorCode, message: RegExp][] = [
    [{}, 'nope', 'bad_request', /^Cannot build ".*nope": no such file or folder$/],
    [{ 'a.py': '' }, 'a.py', 'bad_request', /^Cannot build ".*a\.py": no module, must end in \.ts, /],
    [{ 'index.ts': '' }, '.', 'bad_request', /: no function\.jsonc in it that can be read$/],
    [{ 'Upper.ts': '' }, 'Upper.ts', 'bad_name', /^Cannot use "Upper" as the name of a function/],
    [{ 'F/function.jsonc': '{}', 'F/index.ts': '' }, 'F', 'bad_name', /"F"/],
    [{ 'function.jsonc': '{"name":"A"}', 'index.ts': '' }, '.', 'bad_name', /"A"/],
    [{ 'function.jsonc': '{"port":1}' }, '.', 'bad_configuration', /^function\.jsonc: port: unknown/],
    [
      { 'function.jsonc': '{"name":"f"}' },
      '.',
      'bad_configuration',
      /: main: missing, and there is none of index\.ts, /,
    ],
    [
      { 'function.jsonc': config('b.ts') },
      '.',
      'bad_configuration',
      /: main: "b\.ts", must be a file that exists$/,
    ],
    [
      { 'function.jsonc': config('src'), 'src/a': '' },
      '.',
      'bad_configuration',
      /must be a file that exists/,
    ],
    [
      { 'function.jsonc': config('a.txt'), 'a.txt': '' },
      '.',
      'bad_configuration',
      /"a\.txt", must end in \.ts/,
    ],
    [
      { 'f/function.jsonc': config('../a.ts'), 'a.ts': '' },
      'f',
      'bad_configuration',
      /must be a path inside the folder/,
    ],
    [
      { 'function.jsonc': config('/etc/passwd') },
      '.',
      'bad_configuration',
      /must be a path inside the folder/,
    ],
    [{ 'function.jsonc': config('a\0.ts') }, '.', 'bad_configuration', /must be a file that exists/],
  ]
  for (const [files, path, code, message] of refused) {
    it(`refuses ${JSON.stringify(files)} at ${path}`, () => {
      using folder = new TemporaryFolder(files)
      assert.throws(
        () => locateFunction({ path: join(folder.path, path), name: null }),
        (error) => error instanceof IsoletteError && error.code === code && message.test(error.message),
      )
    })
  }

  it('refuses a main module that is a link out of the folder', () => {
    using folder = new TemporaryFolder({ 'f/function.jsonc': config('a.ts'), 'secret.ts': '' })
    symlinkSync(join(folder.path, 'secret.ts'), join(folder.path, 'f/a.ts'))
    assert.throws(() => locateFunction({ path: join(folder.path, 'f'), name: null }), {
      code: 'bad_configuration',
      message: 'function.jsonc: main: "a.ts", must not be a link out of the folder',
    })
  })
})
