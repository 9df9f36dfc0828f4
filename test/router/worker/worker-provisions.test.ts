import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkerProvisions } from '../../../router/worker/worker-provisions.ts'
import { IsoletteError } from '../../../runtime/model/errors.ts'
import type { Target } from '../../../runtime/model/invocation.ts'

class Scene {
  readonly deployed = new Map<string, Target>()
  readonly faults: unknown[] = []
  /** What was to be kept, each time. */
  readonly kept: string[][] = []
  readonly provisions = new WorkerProvisions({
    targetOf: (functionName, version) => {
      const target = this.deployed.get(`${functionName}:${version}`)
      if (target === undefined) throw new IsoletteError('version_not_found', 'Cannot find it: must be there')
      if (target.functionName === 'damaged')
        throw new IsoletteError('data_damaged', 'Cannot read it: damaged')
      return target
    },
    keep: (wanted) => this.kept.push(wanted.map(({ target, count }) => `${target.functionName}=${count}`)),
    onFault: (error) => this.faults.push(error),
  })

  deploy(functionName: string): void {
    this.deployed.set(`${functionName}:1`, { functionName, label: 1 } as Target)
  }
}

const one = (functionName: string) => ({ functionName, version: 1, count: 2 })

test('versions that are deployed are kept; one that is not is when it comes', () => {
  const scene = new Scene()
  scene.deploy('a')
  scene.provisions.set([one('a'), one('b')])
  scene.deploy('b')
  scene.provisions.refresh(['other'])
  scene.provisions.refresh(['b', 'other'])
  assert.deepEqual(scene.kept, [['a=2'], ['a=2', 'b=2']])
  assert.deepEqual(scene.faults, [])
})

test('a version that cannot be read is told, and the others are kept', () => {
  const scene = new Scene()
  scene.deploy('damaged')
  scene.deploy('a')
  scene.provisions.set([one('damaged'), one('a')])
  assert.deepEqual(scene.kept, [['a=2']])
  assert.equal(scene.faults.length, 1)
})
