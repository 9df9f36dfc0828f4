import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { writeFiles } from './layer-sources.ts'
import { type Json, ServerFixture } from './server-fixture.ts'

/** Says what it is, and when it was evaluated. */
const clock = (name: string) => ({
  'nodejs/node_modules/clock/index.js': `exports.name = '${name}'; exports.evaluatedAtMs = Date.now()`,
})

/** Says what the layer says, and when the function's own module was evaluated. */
const reading = (layer: string) => ({
  'function.jsonc': JSON.stringify({ layers: [layer] }),
  'index.js': `import { name, evaluatedAtMs } from 'clock'
    const loadedAtMs = Date.now()
    export default { fetch: () => Response.json({ name, evaluatedAtMs, loadedAtMs }) }`,
})

async function publish(
  server: ServerFixture,
  layer: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(server.dataDir, 'sources', `layer ${layer}`)
  const { code, stdout, stderr } = await server.cli(
    'layer',
    'publish',
    layer,
    await writeFiles(folder, files),
  )
  assert.equal(code, 0, stderr)
  return /^published (\S+)/.exec(stdout)![1]!
}

/** Isolates that wait with layers evaluated, as `isolette ps` shows them, once there are that many. */
async function untilWaiting(server: ServerFixture, wanted: number): Promise<Json[]> {
  const endMs = performance.now() + 20_000
  let found: Json[] = []
  while (performance.now() < endMs) {
    const { stdout } = await server.cli('ps', '--json')
    const kinds: Json[] = JSON.parse(stdout).workers.flatMap(({ status }: Json) => status?.prewarm ?? [])
    found = kinds.filter(({ layerScript, ready }) => layerScript !== null && ready > 0)
    if (found.length === wanted) return found
    await delay(50)
  }
  assert.fail(`${found.length} kinds wait with layers, must be ${wanted}`)
}

test('after a deploy an isolate waits with the layers evaluated, and the first request gets it', async () => {
  await using server = await ServerFixture.start()
  await publish(server, 'clock', clock('first'))
  await server.deploy('reader', reading('clock:1'))
  const [kind] = await untilWaiting(server, 1)
  assert.equal(kind.ready, 1)
  const beforeMs = Date.now()
  const { name, evaluatedAtMs, loadedAtMs } = JSON.parse(await server.text('/reader'))
  assert.equal(name, 'first')
  assert.ok(evaluatedAtMs <= beforeMs, 'the layer was evaluated after the request came')
  assert.ok(loadedAtMs >= beforeMs, 'the function was loaded before the request came')
  await untilWaiting(server, 1)
})

test('a layer that fails in advance is reported, and evaluated with the function', async () => {
  await using server = await ServerFixture.start()
  await publish(server, 'moody', {
    'nodejs/node_modules/moody/index.js': `if (globalThis.isReady !== true) throw new Error('not yet'); exports.ok = true`,
  })
  const folder = await writeFiles(join(server.dataDir, 'sources', 'moody'), {
    'function.jsonc': '{ "layers": ["moody:1"] }',
    'index.js': `globalThis.isReady = true
      export default { fetch: () => Response.json(require('moody').ok) }`,
  })
  const { code, stderr } = await server.cli('deploy', folder)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^isolette: warning: .*not yet/m)
  assert.equal(await server.text('/moody'), 'true')
})

test('a layer in use is not removed; by force its name goes, and versions keep what they hold, also after a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'isolette-layers-'))
  try {
    {
      await using server = await ServerFixture.start({ dataDir })
      await publish(server, 'clock', clock('first'))
      await server.deploy('reader', reading('clock:1'))
      await server.deploy('other', reading('clock:1'))
      const refused = await server.cli('layer', 'rm', 'clock:1')
      assert.equal(refused.code, 1)
      assert.match(refused.stderr, /^isolette: in_use: .*clock:1.*other:1.*reader:1.*\n$/)
      assert.equal((await server.cli('layer', 'rm', 'clock:1', '--force')).code, 0)

      assert.equal(await publish(server, 'clock', clock('first')), 'clock:2')
      assert.equal(JSON.parse(await server.text('/reader')).name, 'first')
      await server.deploy('reader', reading('clock:2'))
      assert.equal(await server.stop(), 0)
    }
    // Not even what V8 made of the layer, or the folder that it was built in, is needed.
    await rm(join(dataDir, 'cache'), { recursive: true })
    await using server = await ServerFixture.start({ dataDir })
    await untilWaiting(server, 1)
    for (const name of ['reader', 'other'])
      assert.equal(JSON.parse(await server.text(`/${name}`)).name, 'first')
    // By `reader:2`, which `reader:$LATEST` is too.
    const { stdout } = await server.cli('layer', 'ls', '--json')
    assert.deepEqual(
      JSON.parse(stdout).layers.map(({ layer, version, usedBy }: Json) => [layer, version, usedBy]),
      [['clock', 2, 1]],
    )

    const source = join(dataDir, 'sources', 'other')
    const refused = await server.cli('deploy', await writeFiles(source, reading('clock:1')))
    assert.match(refused.stderr, /^isolette: layer_not_found: .*clock:1/)
    assert.equal((await server.cli('rollback', 'reader')).code, 0)
    assert.equal(JSON.parse(await server.text('/reader')).name, 'first')
    const merged = await server.cli('layer', 'show', '--merged', 'reader:1')
    assert.match(merged.stdout, /clock:1 +\/opt\/nodejs\/node_modules\/clock\/index\.js/)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
