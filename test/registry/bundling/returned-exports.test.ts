import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import { bundleFunction } from '../../../runtime/registry/bundling/bundle.ts'

/** What the completion value of a bundle has, by name. */
async function exportsOf(folder: string, main: string): Promise<Record<string, unknown>> {
  const { code } = await bundleFunction({ folder, main, usesTsconfig: false })
  return runInNewContext(code)
}

describe('the exports of a bundle', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isolette-exports-'))
    const files = {
      'module.ts': `export default { fetch() { return 'default' } }
        export let handler = () => 'handler'
        export async function init() {}
        function down() {}
        export { down as shutdown, down as "a name, of its own" }`,
      'again.ts': `export * from './module.ts'; export { default } from './module.ts'`,
      'require.cjs': `exports.handler = () => 'common'`,
      'open.ts': `export * from './require.cjs'; export const init = () => 'open'`,
      'cycle.ts': `import { other } from './cycle-b.ts'; export const handler = () => other(); export const one = 1`,
      'cycle-b.ts': `import * as cycle from './cycle.ts'; export const other = () => cycle.one + require('./cycle.ts').one`,
      'none.ts': `globalThis.x = 1`,
      'text.ts': `export const handler = () => \`\nexport {\n  a as default\n};\n\``,
      'meta.ts': `export const handler = () => typeof import.meta.url`,
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  })

  after(() => rm(folder, { recursive: true }))

  it('are those of the module, under the names it gives them', async () => {
    const module = await exportsOf(folder, 'module.ts')
    assert.deepEqual(Object.keys(module).sort(), [
      'a name, of its own',
      'default',
      'handler',
      'init',
      'shutdown',
    ])
    assert.equal((module.default as { fetch(): string }).fetch(), 'default')
    assert.equal((module.handler as () => string)(), 'handler')
  })

  it('are those that it hands on from others', async () => {
    assert.equal(((await exportsOf(folder, 'again.ts')).handler as () => string)(), 'handler')
    assert.equal(((await exportsOf(folder, 'cycle.ts')).handler as () => number)(), 2)
  })

  it('are `module.exports` of a CommonJS module', async () => {
    assert.equal(((await exportsOf(folder, 'require.cjs')).handler as () => string)(), 'common')
  })

  it('are found where only evaluating tells which there are', async () => {
    const open = await exportsOf(folder, 'open.ts')
    assert.equal((open.handler as () => string)(), 'common')
    assert.equal((open.init as () => string)(), 'open')
  })

  it('may be none', async () => {
    assert.equal(await exportsOf(folder, 'none.ts'), undefined)
  })

  it('are not taken for text that looks like them', async () => {
    assert.match(((await exportsOf(folder, 'text.ts')).handler as () => string)(), /a as default/)
    assert.equal(((await exportsOf(folder, 'meta.ts')).handler as () => string)(), 'undefined')
  })
})
