import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import { IsoletteError } from '../../../runtime/model/errors.ts'
import type { BuildProblem } from '../../../runtime/registry/bundling/build-problems.ts'
import { type Bundle, bundleFunction } from '../../../runtime/registry/bundling/bundle.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

/** The smallest module there is. */
const wasm = '\0asm\x01\0\0\0'

function bundleIn(folder: TemporaryFolder, isAllowed: boolean): Promise<Bundle> {
  const source = { folder: folder.path, main: 'index.ts', usesTsconfig: false }
  return bundleFunction(source, { wasm: isAllowed })
}

async function refusalOf(folder: TemporaryFolder): Promise<BuildProblem> {
  try {
    await bundleIn(folder, false)
  } catch (error) {
    assert.ok(error instanceof IsoletteError, String(error))
    return (error.details.problems as BuildProblem[])[0]!
  }
  assert.fail('the bundle was built')
}

describe('a .wasm import', () => {
  const imports: Readonly<Record<string, string>> = {
    'as Workers write it': `import module from './sub/x.wasm'; export default module`,
    'as others write it': `import module from './sub/x.wasm?module'; export default module`,
    'of a package': `import module from 'package/x.wasm'; export default module`,
    'by require': `export default require('./sub/x.wasm').default`,
  }
  for (const [name, code] of Object.entries(imports)) {
    it(`is a module with the file's bytes, without a path of this machine: ${name}`, async () => {
      using folder = new TemporaryFolder({
        'index.ts': code,
        'sub/x.wasm': wasm,
        'node_modules/package/package.json': '{}',
        'node_modules/package/x.wasm': wasm,
      })
      const bundle = await bundleIn(folder, true)
      const { default: module } = runInNewContext(bundle.code)
      assert.equal(String(module), '[object WebAssembly.Module]')
      assert.ok(!JSON.stringify(bundle).includes(folder.path))
    })
  }

  it('is one module, however often and in whatever way it is imported', async () => {
    using folder = new TemporaryFolder({
      'index.ts': `import a from './x.wasm'; import b from './x.wasm?module'; export default a === b`,
      'x.wasm': wasm,
    })
    const { code } = await bundleIn(folder, true)
    assert.equal(runInNewContext(code).default, true)
  })

  it('is refused unless the function is allowed WebAssembly, with its place', async () => {
    using folder = new TemporaryFolder({ 'index.ts': `\nimport './x.wasm'`, 'x.wasm': wasm })
    const { file, line, column, message } = await refusalOf(folder)
    assert.deepEqual([file, line, column], ['index.ts', 2, 8])
    assert.match(
      message,
      /^Cannot import "\.\/x\.wasm": unsafe\.wasm is false in function\.jsonc, must be true/,
    )
  })

  it('of a file that is not there is refused as any other', async () => {
    using folder = new TemporaryFolder({ 'index.ts': `import './x.wasm'` })
    const { message } = await refusalOf(folder)
    assert.match(message, /^Cannot resolve "\.\/x\.wasm"/)
  })
})
