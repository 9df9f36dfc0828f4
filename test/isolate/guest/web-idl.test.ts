import { test } from 'node:test'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

test('iterators of pairs are what Web IDL has them be', async () => {
  await assertLikeNode(`
    const describe = (iterated) => {
      const iterator = iterated.entries()
      const prototype = Object.getPrototypeOf(iterator)
      const next = Object.getOwnPropertyDescriptor(prototype, 'next')
      return [
        Object.prototype.toString.call(iterator),
        Object.getPrototypeOf(prototype) === Object.getPrototypeOf(Object.getPrototypeOf([].values())),
        [next.enumerable, next.writable, next.configurable, next.value.length],
        iterated[Symbol.iterator] === iterated.entries,
        Object.getOwnPropertyDescriptor(Object.getPrototypeOf(iterated), Symbol.iterator).enumerable,
        iterator[Symbol.iterator]() === iterator,
        iterator.map(([name]) => name).toArray(),
        [...iterated.keys()], [...iterated.values()],
      ]
    }
    const form = new FormData()
    form.append('a', '1')
    return [describe(new URLSearchParams('a=1&b=2')), describe(new Headers({ b: '2', a: '1' })), describe(form)]`)
})

test('iterators of pairs see what is added meanwhile', async () => {
  await assertLikeNode(`
    const params = new URLSearchParams('a=1')
    const seen = []
    for (const [name] of params) {
      seen.push(name)
      if (params.size < 3) params.append(name + 'a', '')
    }
    return seen`)
})

test('arguments that are required must be there, and functions be functions', async () => {
  const calls = [
    'append("a")',
    'delete()',
    'get()',
    'getAll?.()',
    'has()',
    'set("a")',
    'forEach()',
    'forEach({})',
  ]
  const subjects = ['new URLSearchParams()', 'new Headers()', 'new FormData()']
  await assertExpressionsLikeNode([
    'new URL()',
    'URL.parse()',
    'URL.canParse()',
    ...subjects.flatMap((subject) => calls.map((call) => `${subject}.${call}`)),
  ])
})

test('functions have the lengths of what they require', async () => {
  const names = ['append', 'delete', 'get', 'getAll', 'has', 'set', 'forEach', 'keys']
  const classes = ['URLSearchParams', 'Headers', 'FormData']
  await assertExpressionsLikeNode([
    'URL.length',
    'URL.parse.length',
    'URL.canParse.length',
    ...classes.flatMap((one) => [
      `${one}.length`,
      ...names.map((name) => `${one}.prototype.${name}?.length ?? null`),
    ]),
  ])
})

test('headers are read by their iterator if somebody changed it', async () => {
  await assertLikeNode(`
    const headers = new Headers({ a: '1' })
    headers[Symbol.iterator] = function* () { yield ['b', '2'] }
    return [[...new Headers(headers)], [...new Headers(new Headers({ c: '3' }))]]`)
})
