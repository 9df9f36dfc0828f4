import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate, Guest, thrown } from './harness.ts'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

describe('Event and EventTarget', () => {
  it('dispatch as in Node', () =>
    assertLikeNode(`
      const seen = []
      const target = new EventTarget()
      const see = (name) => (event) => seen.push([name, event.type, event.target === target, event.detail])
      const one = see('one')
      target.addEventListener('x', one); target.addEventListener('x', one)
      target.addEventListener('x', see('once'), { once: true })
      target.addEventListener('x', { handleEvent: see('object') })
      target.addEventListener('x', null)
      seen.push(target.dispatchEvent(new CustomEvent('x', { detail: 7 })), target.dispatchEvent(new Event('x')))
      target.removeEventListener('x', one)
      seen.push(target.dispatchEvent(new Event('x')), target.dispatchEvent(new Event('other')))
      const order = new EventTarget()
      order.addEventListener('y', (event) => { seen.push('first'); order.addEventListener('y', () => seen.push('added')); event.stopImmediatePropagation() })
      order.addEventListener('y', () => seen.push('second'))
      order.dispatchEvent(new Event('y'))
      const cancel = new EventTarget()
      cancel.addEventListener('z', (event) => event.preventDefault())
      for (const cancelable of [true, false]) {
        const event = new Event('z', { cancelable })
        seen.push(cancel.dispatchEvent(event), event.defaultPrevented, event.cancelable, event.bubbles, event.composed)
      }
      const removed = new EventTarget()
      const later = () => seen.push('removed')
      removed.addEventListener('r', () => removed.removeEventListener('r', later)); removed.addEventListener('r', later)
      removed.dispatchEvent(new Event('r'))
      const controller = new AbortController()
      const signaled = new EventTarget()
      signaled.addEventListener('s', () => seen.push('signaled'), { signal: controller.signal })
      signaled.dispatchEvent(new Event('s')); controller.abort(); signaled.dispatchEvent(new Event('s'))
      signaled.addEventListener('s', () => seen.push('never'), { signal: controller.signal }); signaled.dispatchEvent(new Event('s'))
      return seen`))

  it('show the target while listeners are called, and none after', () => {
    const body = `const target = new EventTarget(), seen = [], event = new Event('x')
      target.addEventListener('x', ({ currentTarget, eventPhase }) => seen.push(currentTarget === target, eventPhase))
      target.dispatchEvent(event)
      return [...seen, event.target === target, event.currentTarget, event.eventPhase]`
    assert.deepEqual(evaluate(body), [true, 2, true, null, 0])
  })

  it('refuse what is no event, or is being dispatched', () => {
    assert.match(String(thrown(`new EventTarget().dispatchEvent({ type: 'x' })`)), /^TypeError/)
    const body = `const target = new EventTarget(); let name
      target.addEventListener('x', (event) => { try { target.dispatchEvent(event) } catch (error) { name = error.name } })
      target.dispatchEvent(new Event('x')); return name`
    assert.equal(evaluate(body), 'InvalidStateError')
  })

  it('note what listeners throw in the log, and call the others', () => {
    using guest = new Guest(`exports.default = { fetch() {
      const target = new EventTarget()
      target.addEventListener('x', () => { throw new Error('listener') })
      target.addEventListener('x', () => console.log('next'))
      target.dispatchEvent(new Event('x'))
      return new Response()
    } }`)
    guest.call()
    assert.match(guest.logs[0]!.text, /^Uncaught Error: listener\n/)
    assert.equal(guest.logs[1]!.text, 'next')
  })
})

describe('AbortController and AbortSignal', () => {
  it('abort as in Node', () =>
    assertLikeNode(`
      const seen = []
      const controller = new AbortController()
      const { signal } = controller
      signal.onabort = (event) => seen.push(['onabort', event.type, event.target === signal])
      signal.addEventListener('abort', () => seen.push('listener'))
      seen.push(signal.aborted, signal.reason === undefined, controller.signal === signal)
      controller.abort(); controller.abort('again')
      seen.push(signal.aborted, signal.reason.name, signal.reason instanceof DOMException, signal.reason.code)
      const given = new AbortController(); given.abort(0)
      seen.push(given.signal.reason, AbortSignal.abort().reason.name, AbortSignal.abort('why').reason)
      try { AbortSignal.abort('thrown').throwIfAborted() } catch (error) { seen.push(error) }
      seen.push(new AbortController().signal.throwIfAborted() === undefined)
      const a = new AbortController(), b = new AbortController()
      const any = AbortSignal.any([a.signal, b.signal]), nested = AbortSignal.any([any])
      nested.addEventListener('abort', () => seen.push('nested'))
      b.abort('b')
      seen.push(any.reason, nested.reason, AbortSignal.any([AbortSignal.abort('done'), a.signal]).reason, AbortSignal.any([]).aborted)
      return seen`))

  it('refuse what they must, as in Node', () =>
    assertExpressionsLikeNode([
      `new AbortSignal()`,
      `AbortSignal.any([{}])`,
      `AbortSignal.any(1)`,
      `AbortSignal.timeout('x')`,
    ]))

  it('time out', () => {
    const body = `const signal = AbortSignal.timeout(15)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return [performance.now(), signal.reason.name]`
    assert.deepEqual(evaluate(body), [15, 'TimeoutError'])
  })
})

describe('DOMException', () => {
  it('is made as in Node', () =>
    assertLikeNode(`
      const error = new DOMException('message', 'NotFoundError')
      return [error.name, error.message, error.code, String(error), error instanceof Error, typeof error.stack, DOMException.NOT_FOUND_ERR, error.ABORT_ERR,
        new DOMException().name, new DOMException('x').code, Object.prototype.toString.call(error), DOMException.name]`))
})
