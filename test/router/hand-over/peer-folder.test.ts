import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { peerSocket } from '../../../router/hand-over/peer-address.ts'
import { PeerFolder } from '../../../router/hand-over/peer-folder.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

test('sockets lie in the data directory, in a folder that nobody else may enter, without those of earlier workers', (t) => {
  const data = temporaryDirectory(t)
  mkdirSync(join(data, 'run'), { mode: 0o777 })
  writeFileSync(join(data, 'run', '1.sock'), '')
  const folder = new PeerFolder(data)
  assert.equal(folder.path, join(data, 'run'))
  assert.equal(modeOf(folder.path), 0o700)
  assert.deepEqual(readdirSync(folder.path), [])
  folder.close()
  assert.equal(existsSync(folder.path), false)
})

test('where the path is too long for a socket they lie among the temporary files, as safe', (t) => {
  const data = join(temporaryDirectory(t), 'a'.repeat(80))
  mkdirSync(data)
  const folder = new PeerFolder(data)
  t.after(() => folder.close())
  assert.ok(Buffer.byteLength(peerSocket(folder.path, 1_000_000)) < 104, folder.path)
  assert.equal(modeOf(folder.path), 0o700)
})

test('the socket of a worker that ended is removed', (t) => {
  const folder = new PeerFolder(temporaryDirectory(t))
  writeFileSync(peerSocket(folder.path, 3), '')
  folder.removeSocket(3)
  folder.removeSocket(3)
  assert.deepEqual(readdirSync(folder.path), [])
})
