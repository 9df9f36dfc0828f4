import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { isName } from '../../runtime/model/name.ts'
import { parseFunctionConfig } from '../../runtime/registry/source/function-config.ts'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'isolette-init-'))
after(() => rmSync(folder, { recursive: true, force: true }))

describe('isolette init', () => {
  it('writes a function that is named after its folder', async () => {
    const { code, stdout } = await runCli(['init', 'hello'], { cwd: folder })
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^created hello\/function\.jsonc\ncreated hello\/index\.ts\n.*isolette dev hello.*\/hello\n$/,
    )
    const config = parseFunctionConfig(readFileSync(join(folder, 'hello', 'function.jsonc'), 'utf8'))
    assert.deepEqual([config.name, config.main], ['hello', 'index.ts'])
  })

  it('makes a name of whatever the folder is called', async () => {
    for (const name of ['My Function', '2024_report', '---', `x${'y'.repeat(100)}`, 'Größe']) {
      await runCli(['init', join(folder, name)])
      const config = parseFunctionConfig(readFileSync(join(folder, name, 'function.jsonc'), 'utf8'))
      assert.ok(isName(config.name!), `${name} became ${config.name}`)
    }
  })

  it('overwrites nothing', async () => {
    for (const file of ['function.jsonc', 'index.ts']) {
      const target = join(folder, `with-${file}`)
      mkdirSync(target)
      writeFileSync(join(target, file), 'mine')
      const { code, stderr } = await runCli(['init'], { cwd: target })
      assert.equal(code, 1)
      assert.equal(stderr, `isolette: file_exists: Cannot write ${file}: it is there already, must be free\n`)
      assert.equal(readFileSync(join(target, file), 'utf8'), 'mine')
      assert.deepEqual(readdirSync(target), [file])
    }
  })
})
