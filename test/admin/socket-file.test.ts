import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { listenOnSocket } from '../../runtime/admin/socket-file.ts'
import { RunningAdminServer } from './running-admin-server.ts'

describe('listenOnSocket', () => {
  it('makes a socket that only its owner may open, whatever the umask', async () => {
    const umask = process.umask(0)
    try {
      await using admin = await RunningAdminServer.start()
      assert.equal(statSync(admin.socketPath).mode & 0o777, 0o600)
      assert.equal(process.umask(), 0)
    } finally {
      process.umask(umask)
    }
  })

  it('replaces the socket of a server that was killed', async () => {
    await using admin = new RunningAdminServer()
    const script = `require('node:net').createServer().listen(${JSON.stringify(admin.socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', script])
    assert.ok(statSync(admin.socketPath).isSocket())
    await admin.server.listen(admin.socketPath)
    assert.equal((await admin.ask('GET', '/healthz')).status, 200)
  })

  it('refuses a socket on which somebody answers, who goes on answering', async () => {
    await using admin = await RunningAdminServer.start()
    await assert.rejects(listenOnSocket(createServer(), admin.socketPath), {
      code: 'cannot_listen',
      message: /another server answers there/,
    })
    assert.equal((await admin.ask('GET', '/healthz')).status, 200)
  })

  it('touches nothing that is not a socket', async () => {
    await using admin = new RunningAdminServer()
    writeFileSync(admin.socketPath, 'notes')
    await assert.rejects(admin.server.listen(admin.socketPath), {
      code: 'cannot_listen',
      message: /not a socket/,
    })
    assert.equal(readFileSync(admin.socketPath, 'utf8'), 'notes')
    const folder = join(admin.folder, 'folder')
    mkdirSync(folder)
    await assert.rejects(admin.server.listen(folder), { code: 'cannot_listen' })
  })

  it('says so when the folder is missing', async () => {
    await using admin = new RunningAdminServer()
    await assert.rejects(admin.server.listen(join(admin.folder, 'none', 'admin.sock')), {
      code: 'cannot_listen',
    })
  })

  it('is gone after the server closed', async () => {
    await using admin = await RunningAdminServer.start()
    await admin.server.close()
    assert.equal(existsSync(admin.socketPath), false)
  })
})
