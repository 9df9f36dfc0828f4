import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storageFailure } from '../../runtime/storage/storage-failure.ts'
import { temporaryFolder } from '../registry/temporary-registry.ts'

const failures: [string | number, string][] = [
  ['ENOSPC', 'storage_full'],
  ['EDQUOT', 'storage_full'],
  [28, 'storage_full'],
  [-30_792, 'storage_full'],
  ['EACCES', 'internal_error'],
  ['EIO', 'internal_error'],
  [5, 'internal_error'],
]

for (const [code, meaning] of failures) {
  test(`storageFailure() of ${code} on a disk with space is ${meaning}`, (t) => {
    const cause = Object.assign(new Error('it failed'), { code })
    const failure = storageFailure('store it', temporaryFolder(t), cause)
    assert.equal(failure.code, meaning)
    assert.match(failure.message, /^Cannot store it: /)
    assert.equal(failure.cause, cause)
  })
}
