import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bundleFunction } from '../../../runtime/registry/bundling/bundle.ts'
import { PoolFixture, textOf } from '../../pool/pool-fixture.ts'
import { TemporaryFolder } from '../../registry/temporary-folder.ts'

it('requests that share an instance and its entries keep their stores apart', async () => {
  using folder = new TemporaryFolder({
    'index.ts': `import { AsyncLocalStorage } from 'node:async_hooks'
      const storage = new AsyncLocalStorage<string>()
      let waiting: (() => void)[] = []
      async function* steps() {
        yield storage.getStore()
        await new Promise((resolve) => setTimeout(resolve, 1))
        yield storage.getStore()
        // All requests continue when the last one has come here.
        await new Promise<void>((resolve) => { waiting.push(resolve); if (waiting.length === 4) waiting.forEach((go) => go()) })
        yield storage.getStore()
        await body.clone().text()
        yield storage.getStore()
      }
      const body = new Response('x')
      export default {
        async fetch({ url }: Request) {
          const outside = storage.getStore()
          return storage.run(new URL(url).pathname, async () => {
            const seen = []
            for await (const store of steps()) seen.push(store)
            return Response.json([outside ?? null, ...seen])
          })
        },
      }`,
  })
  const { code } = await bundleFunction({ folder: folder.path, main: 'index.ts', usesTsconfig: false })
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle: code })
  const paths = ['/a', '/b', '/c', '/d']
  const answers = await fixture.getTogether(target, paths)
  assert.deepEqual(
    answers.map((answer) => JSON.parse(textOf(answer))),
    paths.map((path) => [null, path, path, path, path]),
  )
  assert.deepEqual(fixture.faults, [])
})
