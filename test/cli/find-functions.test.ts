import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { after, describe, it } from 'node:test'
import { findFunctions } from '../../cli/find-functions.ts'
import { concernedBy } from '../../cli/redeployer.ts'

const root = mkdtempSync(join(tmpdir(), 'isolette-find-'))
after(() => rmSync(root, { recursive: true, force: true }))

for (const file of [
  'all/hello/function.jsonc',
  'all/hello/index.ts',
  'all/hello/inner/function.jsonc',
  'all/group/deep/world/function.jsonc',
  'all/group/loose.ts',
  'all/node_modules/dependency/function.jsonc',
  'all/.git/function.jsonc',
  'all/single.ts',
  'all/plain.mjs',
  'all/types.d.ts',
  'all/single.test.ts',
  'all/README.md',
  'all/Upper.js',
  'empty/notes.txt',
]) {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), '')
}

const find = (...paths: string[]) => {
  const { functions, empty } = findFunctions(paths.map((path) => join(root, path)))
  const shorten = (path: string) => relative(root, path)
  return { functions: functions.map(shorten), empty: empty.map(shorten) }
}

describe('findFunctions', () => {
  it('finds folders with function.jsonc at any depth, and single files directly in the given folder', () => {
    assert.deepEqual(find('all'), {
      functions: ['all/group/deep/world', 'all/hello', 'all/plain.mjs', 'all/single.ts'],
      empty: [],
    })
  })

  it('takes a path that is a function itself', () => {
    assert.deepEqual(find('all/hello').functions, ['all/hello'])
    assert.deepEqual(find('all/group/loose.ts').functions, ['all/group/loose.ts'])
  })

  it('names each function once, and tells which paths lead to none', () => {
    assert.deepEqual(find('all/hello', 'all/hello', 'empty', 'missing'), {
      functions: ['all/hello'],
      empty: ['empty', 'missing'],
    })
  })
})

describe('concernedBy', () => {
  const functions = ['/f/a', '/f/b', '/f/single.ts']
  const known = new Set(functions)
  const concerned = (...changed: string[]) => concernedBy(new Set(changed), functions, known)

  it('is the function in which something changed', () => {
    assert.deepEqual(concerned('/f/a/index.ts', '/f/a/lib/x.ts'), ['/f/a'])
    assert.deepEqual(concerned('/f/single.ts'), ['/f/single.ts'])
  })

  it('does not take a folder for another whose name begins alike', () => {
    assert.deepEqual(
      concernedBy(new Set(['/f/ab/index.ts']), ['/f/a', '/f/ab'], new Set(['/f/a', '/f/ab'])),
      ['/f/ab'],
    )
  })

  it('is all functions when the change lies in none of them', () => {
    assert.deepEqual(concerned('/f/shared/lib.ts'), functions)
  })

  it('includes functions that are new', () => {
    assert.deepEqual(concernedBy(new Set(['/f/b/index.ts']), functions, new Set(['/f/b', '/f/single.ts'])), [
      '/f/a',
      '/f/b',
    ])
  })
})
