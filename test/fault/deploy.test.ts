import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ServerFixture } from '../e2e/server-fixture.ts'

const saying = (text: string) => ({ 'index.js': `export default { fetch: () => new Response('${text}') }` })

test('deploys of one function at once follow each other, and the last answer is what is served', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('shop', saying('first'))
  const folders = ['one', 'two', 'three']
  for (const name of folders) await server.deploy(name, saying(name))
  const answers = await Promise.all(
    folders.map((folder) =>
      server.admin('POST', '/v1/deployments', {
        path: join(server.dataDir, 'sources', folder),
        name: 'shop',
      }),
    ),
  )
  assert.deepEqual(answers.map(({ body }) => body.version).sort(), [2, 3, 4])
  const { body } = await server.admin('GET', '/v1/functions/shop')
  assert.deepEqual(body.aliases.live, { 4: 1 })
  assert.equal(await server.text('/shop'), folders[answers.findIndex(({ body }) => body.version === 4)])
})

test('a builder that is killed fails its deploy, changes nothing, and is replaced for the next', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('shop', saying('one'))
  const endless = join(server.dataDir, 'sources', 'endless.js')
  writeFileSync(endless, 'for (;;) {}')
  const builder = await builderOf(server.pid)
  const ticksBefore = cpuTicksOf(builder)
  const failing = server.admin('POST', '/v1/deployments', { path: endless, name: 'shop' })
  // It is at work, but has not been stopped for taking too long.
  while (cpuTicksOf(builder) < ticksBefore + 5) await setImmediate()
  process.kill(builder, 'SIGKILL')
  const { status, body } = await failing
  assert.ok(status === 400 || status === 500, JSON.stringify(body))
  assert.match(body.error.message, /SIGKILL/)
  assert.equal(await server.text('/shop'), 'one')
  assert.equal((await server.deploy('shop', saying('two'))).version, 2)
  assert.equal(await server.text('/shop'), 'two')
})

test('a version whose artifact was deleted fails alone, and deploying it anew mends it', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('shop', saying('shop'))
  await server.deploy('lost', saying('lost'))
  // A worker that was there at the deploy still holds the bundle.
  assert.equal((await server.admin('POST', '/v1/workers/replacement', {})).status, 200)
  assert.equal(await server.text('/shop'), 'shop')
  const artifacts = join(server.dataDir, 'artifacts')
  for (const entry of readdirSync(artifacts, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) rmSync(join(entry.parentPath, entry.name))
  }
  const broken = await server.call('/lost')
  assert.equal(broken.status, 500)
  assert.equal(broken.headers['x-isolette-outcome'], 'internal_error')
  assert.equal(broken.text.includes(server.dataDir), false)
  await server.untilPrinted('Cannot read artifact')
  assert.equal(await server.text('/shop'), 'shop')
  await server.deploy('lost', saying('lost'))
  assert.equal(await server.text('/lost'), 'lost')
})

/** The supervisor's child that builds. */
async function builderOf(pid: number): Promise<number> {
  for (;;) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    for (const child of children) {
      if (readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('builder-process')) return Number(child)
    }
    await setImmediate()
  }
}

/** CPU time of a process in user mode, in clock ticks: field 14 of `/proc/<pid>/stat`, after a name in parentheses. */
function cpuTicksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11])
}
