import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { op } from '../../../runtime/isolate/abi.ts'
import { EntryFrames } from '../../../runtime/isolate/instance/entry-frames.ts'
import type { Pending } from '../../../runtime/isolate/instance/pending.ts'
import { AsyncOps } from '../../../runtime/isolate/ops/async-ops.ts'
import { GuestEnqueues } from '../../../runtime/isolate/ops/guest-enqueues.ts'
import { ByteBudget } from '../../../runtime/model/byte-budget.ts'
import type { Enqueued, GuestEnqueue } from '../../../runtime/model/enqueue.ts'
import { Ops, strange } from '../raw-ops.ts'

const memoryBytes = 4096

class Enqueues {
  readonly asked: GuestEnqueue[] = []
  readonly memory = new ByteBudget(memoryBytes)
  readonly #ops = new AsyncOps(() => {})
  readonly #answers: ((enqueued: Enqueued) => void)[] = []
  readonly #enqueues: GuestEnqueues
  readonly owner = {
    subrequests: 0,
    invocation: {
      id: 'parent',
      target: { manifest: { limits: { subrequests: 3 }, bindings: { QUEUE: 'worker:live' } } },
    },
  } as unknown as Pending
  #lastOpId = 0

  constructor() {
    this.#enqueues = new GuestEnqueues(this.#ops, this.memory, (request) => {
      this.asked.push(request)
      return new Promise((resolve) => this.#answers.push(resolve))
    })
  }

  begin({
    binding = 'QUEUE',
    json = '{}',
    options = '{"delayMs":null,"id":null}',
    owner = this.owner as Pending | undefined,
  } = {}): void {
    this.#enqueues.begin(++this.#lastOpId, owner, { binding, json, options, depth: 2 })
  }

  async answer(enqueued: Enqueued): Promise<void> {
    this.#answers.shift()!(enqueued)
    await Promise.resolve()
  }

  /** What the guest is told next. */
  told(): string {
    const frames = new EntryFrames()
    this.#ops.writeCompletions(frames, () => {})
    return frames.text
  }

  /** Of the memory that an instance may use. */
  get heldBytes(): number {
    let free = 0
    while (this.memory.hold(1)) free++
    this.memory.release(free)
    return memoryBytes - free
  }
}

const enqueued: Enqueued = { kind: 'enqueued', id: 'c1' }

describe('a call that a guest asks for', () => {
  it('is of the function that the binding means, and the guest is told its id', async () => {
    const enqueues = new Enqueues()
    enqueues.begin({ json: '{"n":1}', options: '{"delayMs":500,"id":"order-1"}' })
    assert.deepEqual(enqueues.asked, [
      {
        reference: 'worker:live',
        json: '{"n":1}',
        delayMs: 500,
        callerId: 'order-1',
        depth: 2,
        parentId: 'parent',
      },
    ])
    assert.equal(enqueues.told(), '')
    await enqueues.answer(enqueued)
    assert.equal(enqueues.told(), '{"invocationId":"c1"}')
  })

  it('has no delay and no id unless they are given', () => {
    const enqueues = new Enqueues()
    enqueues.begin()
    assert.deepEqual([enqueues.asked[0]!.delayMs, enqueues.asked[0]!.callerId], [0, null])
  })

  it('that is refused, or was made before, is answered with the code', async () => {
    const enqueues = new Enqueues()
    enqueues.begin()
    await enqueues.answer({ kind: 'refused', code: 'queue_full', message: 'Full' })
    assert.deepEqual(JSON.parse(enqueues.told()), { code: 'queue_full', message: 'Full', details: {} })
    enqueues.begin()
    await enqueues.answer({ kind: 'duplicate', id: 'c0', state: 'Running' })
    const { code, details } = JSON.parse(enqueues.told())
    assert.equal(code, 'duplicate_invocation')
    assert.deepEqual(details, { invocationId: 'c0', state: 'Running' })
  })

  it('counts as a subrequest, and there are no more than these', () => {
    const enqueues = new Enqueues()
    for (let call = 0; call < 4; call++) enqueues.begin()
    assert.equal(enqueues.asked.length, 3)
    assert.match(enqueues.told(), /^Cannot enqueue: 3 subrequests were made/)
  })

  for (const binding of ['OTHER', '', 'worker:live', 'toString', '__proto__', 'constructor']) {
    it(`is refused for the binding ${JSON.stringify(binding)}`, () => {
      const enqueues = new Enqueues()
      enqueues.begin({ binding })
      assert.deepEqual(enqueues.asked, [])
      assert.equal(enqueues.told(), 'Cannot enqueue: the function has no such binding')
    })
  }

  const options = [
    '',
    'null',
    '[]',
    '{}',
    '{"delayMs":"1","id":null}',
    '{"delayMs":null,"id":1}',
    '{"delayMs":null,"id":{}}',
    `{"delayMs":null,"id":"${'x'.repeat(3000)}"}`,
  ]
  for (const [index, text] of options.entries()) {
    it(`is refused for options that the bootstrap never writes (${index + 1})`, () => {
      const enqueues = new Enqueues()
      enqueues.begin({ options: text })
      assert.deepEqual(enqueues.asked, [])
      assert.match(enqueues.told(), /^Cannot enqueue: its options/)
    })
  }

  it('is refused if its event is too large, before anything is done with it', () => {
    const enqueues = new Enqueues()
    enqueues.begin({ json: 'x'.repeat(2 ** 20 + 1) })
    assert.deepEqual(enqueues.asked, [])
    assert.equal(JSON.parse(enqueues.told()).code, 'payload_too_large')
  })

  it('holds memory of the instance until it is answered', async () => {
    const enqueues = new Enqueues()
    enqueues.begin({ json: 'x'.repeat(2000) })
    assert.equal(enqueues.heldBytes, 4000)
    enqueues.begin({ json: 'x'.repeat(100) })
    assert.match(enqueues.told(), /^Cannot enqueue: .*limits\.memoryMiB$/)
    await enqueues.answer(enqueued)
    assert.equal(enqueues.heldBytes, 0)
  })
})

describe('the op', () => {
  it('makes nothing of arguments that are of other types', () => {
    const ops = new Ops()
    ops.begin(1)
    for (const value of strange) {
      if (value !== 0 && value !== 99)
        assert.equal(ops.call(op.enqueue, value, 1, 'QUEUE', '{}', '{}'), undefined)
      for (const args of [
        [7, 1, value, '{}', '{}'],
        [7, 1, 'QUEUE', value, '{}'],
        [7, 1, 'QUEUE', '{}', value],
      ])
        if (typeof value !== 'string') ops.call(op.enqueue, ...(args as [unknown]))
    }
    assert.deepEqual(ops.told(), { resolved: [], rejected: [] })
  })
})
