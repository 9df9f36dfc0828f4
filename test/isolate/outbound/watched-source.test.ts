import assert from 'node:assert/strict'
import { it } from 'node:test'
import { WatchedSource } from '../../../runtime/isolate/outbound/watched-source.ts'
import { restOf, SentBody, sent } from '../../pool/body-fixture.ts'

it('tells once when its reader goes, never from within, and not when the end was read', async () => {
  let told = 0
  const body = new SentBody()
  const left = new WatchedSource(body.pipe, () => told++)
  left.cancel()
  left.cancel()
  assert.equal(told, 0)
  await undefined
  assert.equal(told, 1)
  assert.equal(body.isCanceled, true)
  const read = new WatchedSource(sent('all', ' of it'), () => told++)
  assert.equal(await restOf(read), 'all of it')
  read.cancel()
  await undefined
  assert.equal(told, 1)
})
