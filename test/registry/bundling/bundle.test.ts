import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import { IsoletteError } from '../../../runtime/model/errors.ts'
import type { BuildProblem } from '../../../runtime/registry/bundling/build-problems.ts'
import { type Bundle, bundleFunction } from '../../../runtime/registry/bundling/bundle.ts'
import { findAuthorPosition, mapStack } from '../../../runtime/registry/source-map-stack.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

type Files = Readonly<Record<string, string>>

async function bundleFiles(files: Files, main = 'index.ts'): Promise<Bundle> {
  using folder = new TemporaryFolder(files)
  return await bundleFunction({ folder: folder.path, main, usesTsconfig: true })
}

/** The exports of a bundle, evaluated in a bare context. */
async function evaluate(files: Files, main?: string): Promise<ReturnType<typeof runInNewContext>> {
  const { code } = await bundleFiles(files, main)
  return runInNewContext(code, {}, { filename: 'isolette:function' })
}

async function problemsOf(files: Files): Promise<BuildProblem[]> {
  const error = await bundleFiles(files).then(
    () => assert.fail('the bundle was built'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof IsoletteError, String(error))
  assert.equal(error.code, 'build_failed')
  const problems = error.details.problems as BuildProblem[]
  const [{ file, line, column, message } = assert.fail()] = problems
  assert.equal(error.message, line === null ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`)
  return problems
}

describe('bundleFunction', () => {
  it('gives a script whose completion value is the exports, and leaves nothing on the global', async () => {
    const { code } = await bundleFiles({
      'index.ts': 'export const a: number = 1; export default { b: 2 }; var top = 3',
    })
    const context: Record<string, unknown> = {}
    const exports = runInNewContext(code, context)
    assert.equal(exports.a, 1)
    assert.equal(exports.default.b, 2)
    assert.deepEqual(Object.keys(context), [])
  })

  it('keeps modules strict', async () => {
    const exports = await evaluate(
      {
        'index.js': 'export function self() { return this }; export const write = () => { undeclared = 1 }',
      },
      'index.js',
    )
    assert.equal(exports.self.call(undefined), undefined)
    assert.throws(exports.write, { name: 'ReferenceError' })
  })

  it('bundles CommonJS packages, JSON, text and dynamic imports', async () => {
    const exports = await evaluate({
      'index.ts': `import cjs from 'cjs'; import { named } from 'cjs'; import data from './data.json'
        import text from './page.html'; import style from './page.module.css'
        export { cjs, named, data, text, style }
        export const lazy = () => import('./lazy.mjs')
        export const unknown = (name: string) => import(name)
        export const mode = process.env.NODE_ENV`,
      'data.json': '{"deep":{"list":[1]}}',
      'page.html': '<p>ä',
      'page.module.css': '.a {}',
      'lazy.mjs': 'export const value = 7',
      'node_modules/cjs/package.json': '{"main":"main"}',
      'node_modules/cjs/main.js': `exports.named = require('./inner'); try { require('fs') } catch { exports.noFs = true }`,
      'node_modules/cjs/inner.js': `module.exports = 'inner'`,
    })
    assert.equal(exports.named, 'inner')
    assert.equal(exports.cjs.noFs, true)
    assert.equal(JSON.stringify(exports.data), '{"deep":{"list":[1]}}')
    assert.equal(exports.text, '<p>ä')
    assert.equal(exports.style, '.a {}')
    assert.equal((await exports.lazy()).value, 7)
    await assert.rejects(exports.unknown('node:fs'), /node:fs/)
    assert.equal(exports.mode, 'production')
  })

  it('prefers the build that a package has for Workers', async () => {
    const exports = await evaluate({
      'index.ts': `export { default as kind } from 'kinds'; export { default as old } from 'old'`,
      'node_modules/kinds/package.json':
        '{"exports":{"node":"./node.js","workerd":"./workerd.js","default":"./default.js"}}',
      'node_modules/kinds/workerd.js': `export default 'workerd'`,
      'node_modules/kinds/node.js': `export default 'node'`,
      'node_modules/kinds/default.js': `export default 'default'`,
      'node_modules/old/package.json': '{"main":"./node.js","browser":"./browser.js"}',
      'node_modules/old/node.js': `require('net')`,
      'node_modules/old/browser.js': `exports.default = 'browser'; exports.__esModule = true`,
    })
    assert.equal(exports.kind, 'workerd')
    assert.equal(exports.old, 'browser')
  })

  it('lets packages ask for a module of Node.js that they can do without', async () => {
    const exports = await evaluate({
      'index.ts': `import 'a'; export { b } from 'b'; export * from 'c'`,
      'node_modules/a/index.js': `if (typeof process !== 'undefined') require('fs').readFileSync('/etc/passwd')`,
      'node_modules/b/index.js': `exports.b = async () => { const { inspect } = await import('node:util'); return inspect }`,
      'node_modules/c/package.json': '{"browser":{"crypto":"./crypto.js"}}',
      'node_modules/c/index.js': `export const hash = () => require('crypto').hash; export { default as events } from 'events'`,
      'node_modules/c/crypto.js': `exports.hash = 'own'`,
      'node_modules/events/index.js': `module.exports = 'installed'`,
    })
    assert.equal(exports.hash(), 'own')
    assert.equal(exports.events, 'installed')
    await assert.rejects(exports.b(), { message: /^Cannot import "node:util" for package "b"/ })
  })

  it('names the package whose module of Node.js is missed while it is evaluated', async () => {
    const { code, sourceMap } = await bundleFiles({
      'index.ts': `import 'a'`,
      'node_modules/a/index.js': `\nconst net = require('net')\nexports.net = net`,
    })
    assert.throws(
      () => runInNewContext(code, {}, { filename: 'isolette:function' }),
      ({ message, code, stack }) => {
        assert.match(message, /^Cannot import "net" for package "a": part of Node\.js/)
        assert.equal(code, 'MODULE_NOT_FOUND')
        const position = { file: 'node_modules/a/index.js', line: 2, column: 13 }
        assert.deepEqual(findAuthorPosition(stack, sourceMap), position)
        return true
      },
    )
  })

  it('leaves packages no doubt that they run in production', async () => {
    const exports = await evaluate({
      'index.ts': `export const modes = [process.env.NODE_ENV, globalThis.process?.env?.['NODE_ENV'], typeof process]`,
    })
    assert.deepEqual([...exports.modes], ['production', 'production', 'undefined'])
  })

  it('lowers what the pinned V8 does not have', async () => {
    const exports = await evaluate({
      'index.ts': `function twice(value: unknown, context: unknown) { return (n: number) => n * 2 }
        class A { @twice static run(n: number) { return n } }
        export const result = A.run(4)`,
    })
    assert.equal(exports.result, 8)
  })

  it('heeds the tsconfig.json of the folder and none above it', async () => {
    const jsx = '{"compilerOptions":{"jsx":"react","jsxFactory":"make"}}'
    const main =
      'const make = (tag: string) => tag; const React = { createElement: () => "default" }; export const made = <b/>'
    assert.equal((await evaluate({ 'tsconfig.json': jsx, 'index.tsx': main }, 'index.tsx')).made, 'b')
    using folder = new TemporaryFolder({ 'tsconfig.json': jsx, 'function/index.tsx': main })
    const above = await bundleFunction({
      folder: join(folder.path, 'function'),
      main: 'index.tsx',
      usesTsconfig: true,
    })
    assert.equal(runInNewContext(above.code).made, 'default')
  })

  it('may bundle a file that is called like its output', async () => {
    assert.equal((await evaluate({ 'bundle.js': 'export const a = 1' }, 'bundle.js')).a, 1)
  })

  it('keeps a source map that leads back to the author’s lines', async () => {
    const bundle = await bundleFiles({
      'index.ts': `import './lib/broken.ts'\nexport default {}`,
      'lib/broken.ts': `interface Wide { a: string }\n\nconst f = (): Wide => {\n  throw new Error('ä')\n}\nf()\n`,
    })
    let stack = ''
    try {
      runInNewContext(bundle.code, {}, { filename: 'isolette:function' })
    } catch (error) {
      stack = mapStack((error as Error).stack!, bundle.sourceMap)
    }
    assert.match(stack, /at f \(lib\/broken\.ts:4:9\)\n +at lib\/broken\.ts:6:1\n/)
    const { sources, sourcesContent } = JSON.parse(bundle.sourceMap)
    assert.deepEqual(sources, ['lib/broken.ts', 'index.ts'])
    assert.match(sourcesContent[0], /^interface Wide/)
  })

  it('warns with file, line and column', async () => {
    const { warnings } = await bundleFiles({
      'index.ts': 'export default {}\nexport const a = { ä: 1, ä: 2 }',
    })
    assert.deepEqual(warnings, ['index.ts:2:26: Duplicate key "ä" in object literal'])
  })

  it('gives the same bytes for the same code wherever it and its packages lie', async () => {
    const main = {
      'index.ts': `import a from 'a'; import { shared } from './lib/index.ts'; export default { a, shared }`,
    }
    const lib = { 'lib/index.ts': `import '../index.ts'; export const shared = 1` }
    const packages = {
      'node_modules/a/index.js': `exports.b = require('b'); exports.off = require('./off')`,
      'node_modules/a/package.json': '{"browser":{"./off.js":false}}',
      'node_modules/a/off.js': '',
      'node_modules/b/index.js': 'module.exports = 1',
    }
    const build = async (root: TemporaryFolder, path: string) =>
      await bundleFunction({ folder: join(root.path, path), main: 'index.ts', usesTsconfig: true })

    using own = new TemporaryFolder({ ...main, ...lib, ...packages })
    const expected = await build(own, '.')
    using above = new TemporaryFolder({ ...under('x/deep', { ...main, ...lib }), ...packages })
    using linked = new TemporaryFolder({
      ...under('fn', { ...main, ...lib }),
      ...under('store/v1', packages),
    })
    mkdirSync(join(linked.path, 'fn/node_modules'))
    for (const name of ['a', 'b']) {
      symlinkSync(
        join(linked.path, 'store/v1/node_modules', name),
        join(linked.path, 'fn/node_modules', name),
      )
    }
    assert.deepEqual(await build(above, 'x/deep'), expected)
    assert.deepEqual(await build(linked, 'fn'), expected)
    assert.match(expected.code, /"\(disabled\):node_modules\/a\/off"/)
  })

  it('names no path of the machine, and tells files of one name apart', async () => {
    using folder = new TemporaryFolder({
      'fn/index.ts': `export { a } from '../one/same.ts'; export { b } from '../two/same.ts'`,
      'two/same.ts': 'export const b = 2',
      'three/same.json': '{}',
    })
    folder.write({
      'one/same.ts': `import data from ${JSON.stringify(join(folder.path, 'three/same.json'))}; export const a = data`,
    })
    const { code, sourceMap } = await bundleFunction({
      folder: join(folder.path, 'fn'),
      main: 'index.ts',
      usesTsconfig: true,
    })
    const { sources } = JSON.parse(sourceMap)
    assert.deepEqual(sources, ['outside/same.json', 'outside/same.ts', 'outside/same.ts~2'])
    assert.doesNotMatch(code + sources, /\.\.\/|isolette-/)
  })

  const refused: [name: string, files: Files, message: string, at: string | null][] = [
    [
      'a syntax error',
      { 'index.ts': 'export default {\n  ä: 1,, }' },
      'Expected identifier but found ","',
      'index.ts:2:8',
    ],
    [
      'await at the top level',
      { 'index.ts': 'import "./a.ts"; export default {}', 'a.ts': '\n  await 1' },
      'Cannot use await at the top level of a module: must be inside the handler',
      'a.ts:2:3',
    ],
    [
      'a module of Node.js',
      { 'index.ts': `import { readFile } from 'node:fs/promises'\nexport default { readFile }` },
      'Cannot import "node:fs/promises": part of Node.js, must be the web platform, which functions have, or node:async_hooks',
      'index.ts:1:26',
    ],
    [
      'a module of Node.js in a package',
      { 'index.ts': `import '@scope/a'`, 'node_modules/@scope/a/index.js': `\nexport { Socket } from 'net'` },
      'Cannot import "net" for package "@scope/a": part of Node.js, must be the web platform, which functions have, or node:async_hooks',
      'node_modules/@scope/a/index.js:2:24',
    ],
    [
      'a hook that the shim does not have',
      { 'index.ts': `import { createHook } from 'async_hooks'\ncreateHook({})` },
      'No matching export in "node:async_hooks" for import "createHook"',
      'index.ts:1:10',
    ],
    [
      'a package that is nowhere',
      { 'src/a.ts': '', 'index.ts': `import pad from 'left-pad'; pad()`, 'node_modules/x/index.js': '' },
      'Cannot resolve "left-pad": searched node_modules',
      'index.ts:1:17',
    ],
    [
      'a scoped package that is nowhere',
      { 'index.ts': `import '@scope/x'` },
      'Cannot resolve "@scope/x": ',
      'index.ts:1:8',
    ],
    [
      'a file that is missing',
      { 'index.ts': `import './src/a.ts'`, 'src/a.ts': `import './nope.ts'` },
      'Cannot resolve "./nope.ts": no such module, seen from src/a.ts',
      'src/a.ts:1:8',
    ],
    [
      'what a package does not export',
      {
        'index.ts': `import 'a/inner'`,
        'node_modules/a/package.json': '{"exports":{".":"./index.js"}}',
        'node_modules/a/index.js': '',
      },
      'Cannot resolve "a/inner": The path "./inner" is not exported by package "a"',
      'index.ts:1:8',
    ],
    [
      'a kind of file that cannot be bundled',
      { 'index.ts': `import './a.png'`, 'a.png': '' },
      'No loader is configured for ".png" files: a.png',
      'index.ts:1:8',
    ],
    [
      'an export that is missing',
      { 'index.ts': `import { b } from './a.ts'; export default { b }`, 'a.ts': 'export const a = 1' },
      'No matching export in "a.ts" for import "b"',
      'index.ts:1:10',
    ],
    [
      'a bundle over 10 MiB',
      {
        'index.ts': `import text from './large.txt'; export default { text }`,
        'large.txt': 'x'.repeat(10 * 2 ** 20),
      },
      'Cannot use a bundle of 10485',
      null,
    ],
  ]
  for (const [name, files, message, at] of refused) {
    it(`refuses ${name}`, async () => {
      const [problem] = await problemsOf(files)
      assert.equal(problem!.message.slice(0, message.length), message, JSON.stringify(problem))
      if (at === null) assert.equal(problem!.line, null)
      else assert.equal(`${problem!.file}:${problem!.line}:${problem!.column}`, at)
    })
  }

  it('lists at most 20 problems', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `import './nope-${index}.ts'`)
    assert.equal((await problemsOf({ 'index.ts': lines.join('\n') })).length, 20)
  })
})

function under(folder: string, files: Files): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))
}
