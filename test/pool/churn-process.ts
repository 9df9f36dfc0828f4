import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

/**
 * Makes instances and disposes of them, one after another, in a process that does nothing else; prints its resident memory
 * after the first of them and after all, in bytes, as JSON.
 */
const [first, all] = process.argv.slice(2).map(Number) as [number, number]

await using fixture = new PoolFixture({ maxInstances: 20 })
// The guardian's clock is the wall's: on a machine that does other things as well, the usual limit is soon over.
const limits = { cpuMs: 1000 }
const ephemeral = fixture.define({
  bundle: fetching('return new Response(path)'),
  name: 'ephemeral',
  limits,
  pool: { model: 'ephemeral' },
})

const residentBytes: number[] = []
for (let made = 1; made <= all; made++) {
  // Every other one is of a function that nobody saw before, and evicts the least recently used.
  const bundle = fetching(`return new Response(path + '?${made}'.slice(0, 0))`)
  const target = made % 2 === 0 ? ephemeral : fixture.define({ bundle, name: `function-${made}`, limits })
  const text = textOf(await fixture.get(target, `/${made}`))
  if (text !== `/${made}`) throw new Error(`Request ${made} was answered ${text}`)
  // A worker does each second.
  if (made % 100 === 0) fixture.pool.sweep()
  if (made === first || made === all) {
    // What is garbage here already is not what instances leave behind.
    globalThis.gc!({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    residentBytes.push(process.memoryUsage.rss())
  }
}
if (fixture.faults.length > 0) throw fixture.faults[0]
const evicted = Object.values(fixture.pool.evictions).reduce((sum, count) => sum + count)
console.log(JSON.stringify({ residentBytes, evicted }))
