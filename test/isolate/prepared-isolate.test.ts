import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readBootstrap } from '../../runtime/isolate/bootstrap.ts'
import { CompiledBootstrap } from '../../runtime/isolate/compiled-bootstrap.ts'
import { Guardian } from '../../runtime/isolate/guardian.ts'
import { PreparedIsolate } from '../../runtime/isolate/prepared-isolate.ts'

it('shows the guest nothing of an error of the host', async () => {
  const guardian = new Guardian()
  try {
    const prepared = new PreparedIsolate(new CompiledBootstrap(await readBootstrap(null)), guardian, 16)
    const error = new Error('of the host')
    prepared.answerOps(() => {
      throw error
    })
    const code = `(() => { try { return String(console.log('x')) } catch (thrown) { return thrown.stack } })()`
    assert.equal(prepared.context.evalSync(code), 'undefined')
    assert.equal(prepared.fault, error)
    prepared.dispose()
  } finally {
    guardian.stop()
  }
})

it('tells who it is, before a function is loaded', async () => {
  const guardian = new Guardian()
  try {
    const bootstrap = new CompiledBootstrap(await readBootstrap(null), 'isolette/9')
    for (const rehearses of [true, false]) {
      const prepared = new PreparedIsolate(bootstrap, guardian, 16, { rehearses })
      assert.equal(prepared.context.evalSync('navigator.userAgent'), 'isolette/9')
      prepared.dispose()
    }
  } finally {
    guardian.stop()
  }
})
