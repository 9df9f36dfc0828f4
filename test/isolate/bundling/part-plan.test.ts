import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type GuestModule, planParts } from '../../../runtime/isolate/bundling/part-plan.ts'

/** `path: [bytes, imports, requires]`. */
function plan(
  modules: Record<string, readonly [bytes: number, imports?: string, requires?: string]>,
): string[][] {
  const list = (paths = '') => paths.split(' ').filter((path) => path !== '')
  const graph = new Map<string, GuestModule>()
  for (const [path, [bytes, imports, requires]] of Object.entries(modules))
    graph.set(path, { bytes, imports: list(imports), requires: list(requires) })
  return planParts(graph, 'main').map((part) => part.sort())
}

describe('planParts', () => {
  it('puts what the entry imports into the first script, though others ask for it too', () => {
    const parts = plan({
      main: [1, 'a/a', 'b/b a/a'],
      'a/a': [1],
      'b/b': [1, 'a/a'],
    })
    assert.deepEqual(parts, [['a/a', 'main'], ['b/b']])
  })

  it('keeps modules of one folder together while they are small', () => {
    const small = plan({ main: [1, '', 'a/a a/b'], 'a/a': [1000], 'a/b': [1000] })
    assert.deepEqual(small, [['main'], ['a/a', 'a/b']])
    const large = plan({ main: [1, '', 'a/a a/b'], 'a/a': [20_000], 'a/b': [1000] })
    assert.deepEqual(large, [['main'], ['a/a'], ['a/b']])
    const strangers = plan({ main: [1, '', 'a/a b/b'], 'a/a': [1000], 'b/b': [1000] })
    assert.deepEqual(strangers, [['main'], ['a/a'], ['b/b']])
  })

  it('shares what several import: in one of them if it is small, apart if each is large', () => {
    const parts = plan({
      main: [1, '', 'a/a b/b c/c'],
      'a/a': [20_000, 'd/d'],
      'b/b': [20_000, 'd/d e/e'],
      'c/c': [20_000, 'e/e'],
      'd/d': [20_000],
      'e/e': [20_000],
    })
    assert.deepEqual(parts.slice(1).sort(), [['a/a'], ['b/b'], ['c/c'], ['d/d'], ['e/e']])
  })

  it('puts what is small and imported from all over into the first script', () => {
    const importers = {
      main: [1, '', 'a/a b/b c/c'],
      'a/a': [20_000, 'd/d'],
      'b/b': [20_000, 'd/d'],
      'c/c': [20_000, 'd/d'],
    } as const
    const others = [['a/a'], ['b/b'], ['c/c']]
    assert.deepEqual(plan({ ...importers, 'd/d': [100] }), [['d/d', 'main'], ...others])
    assert.deepEqual(
      plan({ ...importers, 'd/d': [20_000] })
        .slice(1)
        .sort(),
      [...others, ['d/d']],
    )
  })

  it('makes no circle of imports between parts', () => {
    const together = plan({ main: [1, '', 'a/a a/b'], 'a/a': [9000, 'a/b'], 'a/b': [1] })
    assert.deepEqual(together, [['main'], ['a/a', 'a/b']])
    const circle = plan({
      main: [1, '', 'a/a a/b c/c'],
      'a/a': [9000, 'c/c'],
      'c/c': [30_000, 'a/b'],
      'a/b': [1],
    })
    assert.deepEqual(circle.slice(1).sort(), [['a/a'], ['a/b'], ['c/c']])
  })

  it('keeps modules that import each other in one part', () => {
    const parts = plan({ main: [1, '', 'a/a'], 'a/a': [9000, 'b/b'], 'b/b': [9000, 'a/a'] })
    assert.deepEqual(parts, [['main'], ['a/a', 'b/b']])
  })
})
