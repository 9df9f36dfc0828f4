import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Guest } from './harness.ts'

/** A guest that runs `body` in its handler and then never answers. */
function run(body: string): Guest {
  const guest = new Guest(
    `exports.default = { fetch: async () => { const log = (...args) => console.log(...args); ${body}; await new Promise(() => {}) } }`,
  )
  guest.add()
  guest.run()
  return guest
}

function texts(guest: Guest): string[] {
  return guest.logs.map(({ text }) => text)
}

describe('timers', () => {
  it('come in order of time, then of creation', () => {
    using guest =
      run(`for (const [name, ms] of [['a', 20], ['b', 10], ['c', 10], ['d', 0], ['e'], ['f', -5], ['g', '15'], ['h', NaN]])
      setTimeout(log, ms, name)`)
    guest.runTimers()
    assert.deepEqual(texts(guest), ['d', 'e', 'f', 'h', 'b', 'c', 'g', 'a'])
  })

  it('ask the host to be woken once an entry, for the first of them, and not when nothing changed', () => {
    using guest = run(`setTimeout(log, 30); setTimeout(log, 10.6); setTimeout(log, 20)`)
    assert.deepEqual(guest.wakeUps, [10])
    guest.add()
    guest.nowMs = 3
    guest.run()
    assert.deepEqual(guest.wakeUps, [10])
  })

  it('take back the wake-up when none is left', () => {
    using guest = run(`clearTimeout(setTimeout(log, 5))`)
    assert.deepEqual(guest.wakeUps, [])
    using other = run(`const id = setTimeout(log, 50); setTimeout(() => clearTimeout(id), 10)`)
    assert.deepEqual(other.wakeUps, [10])
    other.nowMs = 10
    other.wake()
    other.run()
    assert.deepEqual(other.wakeUps, [10])
    using third = run(
      `const id = setTimeout(log, 50); Promise.resolve().then(async () => { for (let i = 0; i < 3; i++) await 0; clearTimeout(id) })`,
    )
    assert.deepEqual(third.wakeUps, [])
  })

  it('are woken again when the host was a fraction early', () => {
    using guest = run(`setTimeout(log, 10, 'now')`)
    guest.nowMs = 9.4
    guest.wake()
    guest.run()
    assert.deepEqual([texts(guest), guest.wakeUps], [[], [10, 1]])
    guest.nowMs = 10
    guest.wake()
    guest.run()
    assert.deepEqual(texts(guest), ['now'])
  })

  it('repeat until they are cleared, by themselves too', () => {
    using guest = run(
      `let n = 0; const id = setInterval(() => { log(++n); if (n === 3) clearInterval(id) }, 10)`,
    )
    guest.runTimers()
    assert.deepEqual([texts(guest), guest.nowMs], [['1', '2', '3'], 30])
  })

  it('that set themselves again for at once wait for the next wake-up', () => {
    using guest = run(
      `let n = 0; const again = () => { log(++n); if (n < 1000) setTimeout(again, 0) }; setTimeout(again, 0)`,
    )
    guest.wake()
    guest.run()
    assert.deepEqual(texts(guest), ['1'])
  })

  it('that are due together let the promises of each run before the next', () => {
    using guest = run(
      `for (const name of ['a', 'b', 'c']) setTimeout(async () => { log(name); for (let i = 0; i < 5; i++) await 0; log(name + name) }, 5)`,
    )
    guest.runTimers()
    assert.deepEqual(texts(guest), ['a', 'aa', 'b', 'bb', 'c', 'cc'])
  })

  it('that throw are noted in the log of their request, and keep none from its turn', () => {
    using guest = run(`setTimeout(() => { throw new Error('oops') }, 1); setTimeout(log, 1, 'next')`)
    guest.runTimers()
    assert.match(texts(guest)[0]!, /^Uncaught Error: oops\n/)
    assert.deepEqual([guest.logs[0]!.requestId, guest.logs[0]!.level], [1, 3])
    assert.equal(texts(guest)[1], 'next')
  })

  it('refuse what cannot be called', () => {
    using guest = run(`try { setTimeout('code') } catch (error) { log(error.message) }`)
    assert.deepEqual(texts(guest), ['Cannot set a timer: callback is string, must be a function'])
  })

  it('that set one another are held back from the sixth on, and intervals with them', () => {
    using chain = run(
      `let n = 0; const again = () => { log(performance.now()); if (++n < 8) setTimeout(again, 0) }; setTimeout(again, 0)`,
    )
    chain.runTimers()
    assert.deepEqual(texts(chain), ['0', '0', '0', '0', '0', '0', '4', '8'])
    using interval = run(
      `let n = 0; const id = setInterval(() => { log(performance.now()); if (++n === 8) clearInterval(id) }, 1)`,
    )
    interval.runTimers()
    assert.deepEqual(texts(interval), ['1', '2', '3', '4', '5', '6', '10', '14'])
  })

  it('are cleared by whatever converts to their number', () => {
    using guest = run(
      `const id = setTimeout(log, 1, 'never'); clearTimeout(String(id)); clearTimeout(); clearTimeout(null); clearInterval({}); log('cleared')`,
    )
    guest.runTimers()
    assert.deepEqual(texts(guest), ['cleared'])
  })

  it('may be set at the top level', () => {
    using guest = new Guest(`setTimeout(console.log, 7, 'top'); exports.default = { fetch() {} }`)
    assert.deepEqual(guest.wakeUps, [7])
    guest.runTimers()
    assert.deepEqual(texts(guest), ['top'])
  })

  it('hold many, in order, with some taken out of the middle', () => {
    using guest = run(`const ids = []; let seed = 7
      for (let i = 0; i < 500; i++) { seed = (seed * 1103515245 + 12345) % 2147483648; const ms = seed % 1000; ids.push(setTimeout(() => due.push(ms), ms)) }
      const due = []
      for (let i = 0; i < 500; i += 3) clearTimeout(ids[i])
      setTimeout(() => log(due.length, due.every((ms, i) => i === 0 || due[i - 1] <= ms)), 1000)`)
    for (let ms = 0; ms <= 1000; ms += 100) {
      guest.nowMs = ms
      guest.wake()
      guest.run()
    }
    assert.deepEqual(texts(guest), ['333 true'])
  })
})

describe('queueMicrotask', () => {
  it('runs its callback after the code that is running, among promises in order, and notes what it throws', () => {
    using guest = run(`queueMicrotask(() => log('first')); queueMicrotask(() => { throw new Error('micro') })
      Promise.resolve().then(() => log('then')); log('now')`)
    assert.deepEqual(
      texts(guest).map((text) => text.split('\n')[0]),
      ['now', 'first', 'Uncaught Error: micro', 'then'],
    )
    assert.deepEqual(guest.entryErrors, [])
  })
})

describe('performance', () => {
  it('counts from the beginning of the instance', () => {
    using guest = run(
      `performance.now(); setTimeout(() => log(performance.now(), performance.timeOrigin > 1e12), 12)`,
    )
    guest.runTimers()
    assert.deepEqual(texts(guest), ['12 true'])
  })

  it('is a target of events that nobody else can make', () => {
    using guest = run(
      `let seen = 0
      performance.addEventListener('x', () => seen++)
      performance.dispatchEvent(new Event('x'))
      const failure = (make) => { try { make() } catch (error) { return error.name } }
      log(seen, failure(() => new Performance()), failure(() => Performance.prototype.now()), failure(() => new Navigator()))`,
    )
    assert.deepEqual(texts(guest), ['1 TypeError TypeError TypeError'])
  })
})
