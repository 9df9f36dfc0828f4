import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { installPackages, writeFiles } from './layer-sources.ts'
import { root, ServerFixture } from './server-fixture.ts'

/** The blocks of code below a heading of the guide, in order. */
async function blocksBelow(heading: string): Promise<{ language: string; text: string }[]> {
  const page = await readFile(join(root, 'docs', 'guide.md'), 'utf8')
  const [, rest = ''] = page.split(`\n## ${heading}\n`)
  const [section = ''] = rest.split('\n## ')
  return [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }))
}

test('the lines about layers do what they say', async () => {
  await using server = await ServerFixture.start()
  const folder = join(server.dataDir, 'guide')
  const bin = join(folder, 'bin')
  await writeFiles(bin, {
    isolette: `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'cli', 'isolette.js')}" "$@"\n`,
    // The registry is far away: what it would bring lies here already.
    npm: '#!/bin/sh\n[ "$*" = "install --prefix layer/nodejs lodash" ]\n',
  })
  for (const name of ['isolette', 'npm']) await chmod(join(bin, name), 0o755)
  await installPackages(join(folder, 'layer'), ['lodash'])

  let printed = ''
  for (const { language, text } of await blocksBelow('Layers')) {
    const [, file] = /^\/\/ (\S+\/\S+)\n/.exec(text) ?? []
    if (file !== undefined) await writeFiles(folder, { [file]: text })
    if (language !== '') continue
    const options = {
      cwd: folder,
      env: { PATH: [bin, process.env.PATH].join(delimiter), ISOLETTE_ADMIN: server.adminSocket },
    }
    const { stdout, stderr } = await promisify(execFile)('sh', ['-ec', text], options)
    assert.equal(stderr, '')
    printed += stdout
  }
  assert.match(printed, /^published lodash:1 \(.*\ndeployed words:1\nSIZE .*\n(.* lodash:1 .*\n)+$/)
  assert.deepEqual(JSON.parse(await server.text('/words/hello-world')), ['words', 'hello', 'world'])
})
