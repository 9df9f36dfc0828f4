import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type MergedLayers, mergeLayers } from '../../runtime/model/merged-layers.ts'

function merge(...layers: readonly (readonly string[])[]): MergedLayers {
  return mergeLayers(
    layers.map((paths, layer) => ({
      reference: `l${layer}:1`,
      index: {
        pack: '',
        files: paths.map((path) => ({ path, offset: 0, bytes: 0, digest: '' })),
        preload: null,
      },
    })),
  )
}

function tree(merged: MergedLayers): readonly string[] {
  return merged.files().map(({ file, layer }) => `${file.path} ${layer}`)
}

describe('mergeLayers', () => {
  it('takes of each path the file of the last layer that has it', () => {
    const merged = merge(['a', 'b/c', 'b/d'], ['b/c', 'e'], ['b/c'])
    assert.deepEqual(tree(merged), ['a 0', 'b/c 2', 'b/d 0', 'e 1'])
    assert.equal(merged.find('b/c')?.layer, 2)
  })

  it('replaces a folder with all in it by a file, and a file by a folder', () => {
    assert.deepEqual(tree(merge(['a/b/c', 'a/d', 'e'], ['a'])), ['a 1', 'e 0'])
    assert.deepEqual(tree(merge(['a', 'e'], ['a/b/c'])), ['a/b/c 1', 'e 0'])
    assert.deepEqual(tree(merge(['a/x'], ['a'], ['a/y'])), ['a/y 2'])
  })

  it('puts files in order of their whole paths', () => {
    const paths = ['a-b', 'a.js', 'a/b', 'a0', 'ab', '😀', '\uffff']
    assert.deepEqual(
      merge(paths)
        .files()
        .map(({ file }) => file.path),
      paths.toSorted(),
    )
  })

  it('lists folders, with a slash after the names of folders', () => {
    const merged = merge(['b/c/d', 'a', 'b/e'], ['b/f/g'])
    assert.deepEqual(merged.list(''), ['a', 'b/'])
    assert.deepEqual(merged.list('b'), ['c/', 'e', 'f/'])
    assert.deepEqual(merged.list('b/c'), ['d'])
    assert.deepEqual(merge().list(''), [])
  })

  it('finds nothing by any other text', () => {
    const merged = merge(['a/b', 'constructor/c'])
    const others = [
      '',
      '/',
      'a',
      'a/',
      '/a/b',
      'a//b',
      './a/b',
      'a/./b',
      'a/b/',
      'a/b/c',
      '../a/b',
      'a/../a/b',
    ]
    for (const path of [...others, '__proto__', 'toString', 'a/size']) {
      assert.equal(merged.find(path), undefined, path)
    }
    for (const path of ['/', 'a/', './a', 'a/b', 'x', '..', '__proto__']) {
      assert.equal(merged.list(path), null, path)
    }
  })
})
