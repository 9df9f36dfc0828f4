import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FolderWatch } from '../../cli/folder-watch.ts'

/** A folder that is watched, and what was reported of it. */
class Watched implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'isolette-watch-'))
  readonly #watch: FolderWatch
  readonly #seen = new Set<string>()
  #wake = Promise.withResolvers<void>()

  constructor(prepare: (root: string) => readonly string[]) {
    this.#watch = new FolderWatch(prepare(this.root), (paths) => {
      for (const path of paths) this.#seen.add(path)
      this.#wake.resolve()
    })
  }

  /** Resolves when `path` was reported, with everything that was since the last call. */
  async until(path: string): Promise<ReadonlySet<string>> {
    while (!this.#seen.has(join(this.root, path))) {
      await this.#wake.promise
      this.#wake = Promise.withResolvers()
    }
    const seen = new Set(this.#seen)
    this.#seen.clear()
    return seen
  }

  write(path: string): void {
    writeFileSync(join(this.root, path), String(Math.random()))
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]()
    rmSync(this.root, { recursive: true, force: true })
  }
}

describe('FolderWatch', () => {
  it('reports files that are written, at any depth', async () => {
    using watched = new Watched((root) => {
      mkdirSync(join(root, 'a/b'), { recursive: true })
      return [root]
    })
    watched.write('a/b/index.ts')
    await watched.until('a/b/index.ts')
  })

  it('reports what is written into folders that are new', async () => {
    using watched = new Watched((root) => [root])
    mkdirSync(join(watched.root, 'fresh'))
    await watched.until('fresh')
    watched.write('fresh/index.ts')
    await watched.until('fresh/index.ts')
  })

  it('passes over hidden folders and node_modules', async () => {
    using watched = new Watched((root) => {
      mkdirSync(join(root, 'node_modules/dependency'), { recursive: true })
      mkdirSync(join(root, '.isolette'))
      return [root]
    })
    watched.write('node_modules/dependency/index.js')
    watched.write('.isolette/store')
    watched.write('index.ts')
    const seen = await watched.until('index.ts')
    assert.deepEqual([...seen], [join(watched.root, 'index.ts')])
  })

  it('follows a single file when an editor puts another in its place', async () => {
    using watched = new Watched((root) => {
      writeFileSync(join(root, 'one.ts'), '')
      return [join(root, 'one.ts')]
    })
    for (const round of ['first', 'second']) {
      watched.write(`${round}.draft`)
      renameSync(join(watched.root, `${round}.draft`), join(watched.root, 'one.ts'))
      const seen = await watched.until('one.ts')
      assert.deepEqual([...seen], [join(watched.root, 'one.ts')])
    }
  })
})
