import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { root } from '../e2e/server-fixture.ts'
import { RunningApp } from './running-app.ts'

it('a package that cannot do without Node.js is refused at deploy, by name', async () => {
  await using app = await RunningApp.start()
  const path = join(root, 'test', 'apps', 'needs-node')
  const { status, body } = await app.server.admin('POST', '/v1/deployments', { path })
  assert.deepEqual([status, body.error.code], [400, 'build_failed'])
  assert.match(
    body.error.message,
    /^node_modules\/undici\/[^:]+:\d+:\d+: .*Cannot import "node:[a-z_]+" for package "undici": part of Node\.js, must be the web platform/,
  )
})
