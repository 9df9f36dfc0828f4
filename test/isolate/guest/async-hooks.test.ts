import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import { bundleFunction } from '../../../runtime/registry/bundling/bundle.ts'
import { TemporaryFolder } from '../../registry/temporary-folder.ts'

/** Bundles the body of a function that imports `node:async_hooks`, runs it and returns its result as plain data. */
async function run(body: string): Promise<unknown> {
  using folder = new TemporaryFolder({
    'index.ts': `import hooks, { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
      const one = new AsyncLocalStorage<string>(), two = new AsyncLocalStorage<string>()
      const sees = () => one.getStore() ?? null
      const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 0))
      export async function main() { ${body} }`,
  })
  const { code } = await bundleFunction({ folder: folder.path, main: 'index.ts', usesTsconfig: false })
  assert.doesNotMatch(code, /\basync\b(?! *:)|\bawait\b/, 'async functions are lowered')
  const context = createContext({ setTimeout, setInterval, clearInterval, setImmediate, queueMicrotask })
  const { main } = runInContext(code, context)
  return JSON.parse(JSON.stringify((await main()) ?? null))
}

describe('node:async_hooks', () => {
  const cases: [name: string, body: string, expected: unknown][] = [
    [
      'a store is seen before and after awaits, and not outside',
      `const inside = await one.run('a', async () => {
        const seen = [sees()]; await pause(); seen.push(sees()); await 1; seen.push(sees()); return seen })
      return [inside, sees()]`,
      [['a', 'a', 'a'], null],
    ],
    [
      'the code around run sees nothing of it, at once or later',
      `const running = one.run('a', async () => { await pause(); return sees() })
      const seen = [sees()]; await pause(); seen.push(sees()); seen.push(await running); seen.push(sees())
      return seen`,
      [null, null, 'a', null],
    ],
    [
      'runs nest, and each level has its own back after awaits',
      `return one.run('a', async () => {
        const inner = await one.run('b', async () => { await pause(); return sees() })
        return [inner, sees(), await one.exit(async () => { await 0; return sees() }), sees()] })`,
      ['b', 'a', null, 'a'],
    ],
    [
      'storages do not disturb each other',
      `return one.run('a', () => two.run('b', async () => { await pause(); return [sees(), two.getStore()] }))`,
      ['a', 'b'],
    ],
    [
      'parallel branches keep apart',
      `const branch = (name: string, waits: number) => one.run(name, async () => {
        for (let i = 0; i < waits; i++) await pause()
        const parts = await Promise.all([1, 2].map(async () => { await pause(); return sees() }))
        return [...parts, sees()] })
      return Promise.all([branch('a', 3), branch('b', 1), branch('c', 0)])`,
      [
        ['a', 'a', 'a'],
        ['b', 'b', 'b'],
        ['c', 'c', 'c'],
      ],
    ],
    [
      'exceptions leave no store behind, and handlers see theirs',
      `const seen: unknown[] = []
      try { one.run('a', () => { throw new Error('x') }) } catch { seen.push(sees()) }
      await one.run('b', async () => {
        try { await Promise.reject(new Error('y')) } catch { seen.push(sees()) } finally { seen.push(sees()) }
        await pause().then(() => { throw new Error('z') }).catch(() => seen.push(sees())).finally(() => seen.push(sees()))
      })
      await one.run('c', async () => { await pause(); throw new Error('w') }).catch(() => seen.push(sees()))
      return seen`,
      [null, 'b', 'b', 'b', 'b', null],
    ],
    [
      'timers and microtasks carry the store',
      `return Promise.all(['a', 'b'].map((name) => one.run(name, async () => [
        await new Promise((resolve) => setTimeout((...args: unknown[]) => resolve([sees(), ...args]), 0, 1, 2)),
        await new Promise((resolve) => { const id = setInterval(() => { clearInterval(id); resolve(sees()) }, 0) }),
        await new Promise((resolve) => setImmediate(() => resolve(sees()))),
        await new Promise((resolve) => queueMicrotask(() => resolve(sees()))),
      ])))`,
      [
        [['a', 1, 2], 'a', 'a', 'a'],
        [['b', 1, 2], 'b', 'b', 'b'],
      ],
    ],
    [
      'awaited thenables are called with the store, after the code that follows',
      `return one.run('a', async () => {
        const seen: unknown[] = []
        const query = { then(resolve: (value: unknown) => void) { seen.push(sees()); resolve('row') } }
        const waiting = Promise.resolve(query); seen.push('first')
        seen.push(await waiting, await query, sees())
        const bad = { get then() { throw new Error('no') } }
        await Promise.resolve(bad).catch((error) => seen.push(error.message))
        const thrower = { then() { throw new Error('then') } }
        await Promise.resolve(thrower).catch((error) => seen.push(error.message))
        seen.push((await { plain: 1 } as any).plain)
        return seen })`,
      ['first', 'a', 'a', 'row', 'row', 'a', 'no', 'then', 1],
    ],
    [
      'promises that were made elsewhere continue in the store of who awaits them',
      `let open!: () => void
      const gate = new Promise<void>((resolve) => { open = resolve })
      const waiters = ['a', 'b'].map((name) => one.run(name, async () => { await gate; return sees() }))
      one.run('opener', open)
      return Promise.all(waiters)`,
      ['a', 'b'],
    ],
    [
      'async generators and for await keep the store',
      `async function* numbers() { yield sees(); await pause(); yield sees(); await 0; yield sees() }
      return one.run('a', async () => {
        const seen = []
        for await (const value of numbers()) seen.push(value, sees())
        for await (const value of [pause().then(sees)]) seen.push(value)
        return seen })`,
      ['a', 'a', 'a', 'a', 'a', 'a', 'a'],
    ],
    [
      'methods, arrow functions and closures keep their this and arguments',
      `class A { x = 1; async m(..._: unknown[]) { const f = async () => [this.x, arguments.length]; await pause(); return f() } }
      class B extends A { async m() { return [...await super.m(1, 2), sees()] } }
      return one.run('a', (b: B) => b.m(), new B())`,
      [1, 2, 'a'],
    ],
    [
      'bind and snapshot take the store along',
      `const bound = one.run('a', () => AsyncLocalStorage.bind(function (this: any, x: number) { return [sees(), this.y, x] }))
      const snapshot = one.run('b', () => AsyncLocalStorage.snapshot())
      const none = AsyncLocalStorage.snapshot()
      return [bound.call({ y: 1 }, 2), one.run('c', () => snapshot((x: number) => [sees(), x], 3)), one.run('d', () => none(sees))]`,
      [['a', 1, 2], ['b', 3], null],
    ],
    [
      'AsyncResource runs in the store it was made in',
      `const resource = one.run('a', () => new AsyncResource('query'))
      const self = { z: 5 }
      return [
        resource.runInAsyncScope(function (this: any, x: number) { return [sees(), this.z, x] }, self, 6),
        resource.bind(sees)(), one.run('b', () => AsyncResource.bind(sees))(), sees(),
        resource.type, resource.asyncId() > 0, resource.emitDestroy() === resource, hooks.AsyncResource === AsyncResource]`,
      [['a', 5, 6], 'a', 'b', null, 'query', true, true, true],
    ],
    [
      'a storage has a name and a default',
      `const storage = new AsyncLocalStorage({ name: 'trace', defaultValue: 'd' })
      return [storage.name, storage.getStore(), storage.run('s', () => storage.getStore()), storage.exit(() => storage.getStore() === undefined)]`,
      ['trace', 'd', 's', true],
    ],
    [
      'what cannot work says so',
      `const messages = []
      for (const act of [() => one.enterWith('a'), () => one.disable(), () => one.run('a', 1 as any)])
        try { act() } catch (error) { messages.push((error as Error).message) }
      return messages`,
      [
        'Cannot call AsyncLocalStorage.enterWith: not available here, must be run(store, callback)',
        'Cannot call AsyncLocalStorage.disable: not available here, must be exit(callback)',
        'The "callback" argument must be of type function',
      ],
    ],
  ]
  for (const [name, body, expected] of cases) {
    it(name, async () => {
      assert.deepEqual(await run(body), expected)
    })
  }

  it('touches nothing of the language in functions that do not import it', async () => {
    using folder = new TemporaryFolder({
      'index.ts': 'export const then = Promise.prototype.then; export default { async fetch() { await 1 } }',
    })
    const { code } = await bundleFunction({ folder: folder.path, main: 'index.ts', usesTsconfig: false })
    assert.match(String(runInContext(code, createContext()).then), /native code/)
    assert.match(code, /async fetch\(\) \{\s+await 1/)
  })
})
