import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import { bundleFilename } from '../../../runtime/isolate/instance/load-instance.ts'
import { IsoletteError } from '../../../runtime/model/errors.ts'
import type { GuestError } from '../../../runtime/model/outcome.ts'
import {
  type Candidate,
  checkBundle,
  type Evaluation,
} from '../../../runtime/registry/builder/check-bundle.ts'
import type { BuildProblem } from '../../../runtime/registry/bundling/build-problems.ts'
import { bundleFunction } from '../../../runtime/registry/bundling/bundle.ts'
import { parseFunctionConfig } from '../../../runtime/registry/source/function-config.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

async function candidateOf(files: Record<string, string>): Promise<Candidate> {
  using folder = new TemporaryFolder(files)
  const bundle = await bundleFunction({ folder: folder.path, main: 'index.ts', usesTsconfig: false })
  const { limits, unsafe } = parseFunctionConfig('{}')
  return { name: 'f', main: 'index.ts', bundle, limits, unsafe, env: {}, layers: null }
}

function refusalOf(candidate: Candidate, evaluation: Evaluation): BuildProblem {
  try {
    checkBundle(candidate, () => evaluation)
  } catch (error) {
    assert.ok(error instanceof IsoletteError)
    assert.equal(error.code, 'build_failed')
    const [problem] = error.details.problems as BuildProblem[]
    return problem!
  }
  assert.fail('the bundle was accepted')
}

describe('checkBundle', () => {
  it('returns which export answers', async () => {
    const candidate = await candidateOf({ 'index.ts': 'export default {}' })
    for (const handlerKind of ['fetch', 'handler', 'scheduled'] as const) {
      const checked = checkBundle(candidate, (given) => {
        assert.equal(given, candidate)
        return { handlerKind, otherHooks: new Set() }
      })
      assert.deepEqual(checked, { handlerKind, warnings: [] })
    }
  })

  const whole: [Evaluation, RegExp][] = [
    [
      { handlerKind: '', otherHooks: new Set() },
      /^Cannot find a handler: must export default \{ fetch \}, export function handler, or export default \{ scheduled \}$/,
    ],
    [{ kind: 'exceeded_cpu', message: '' }, /^top-level evaluation took longer than 1000 ms$/],
    [
      { kind: 'exceeded_memory', message: '' },
      /^top-level evaluation used more than limits\.memoryMiB, 128 MiB$/,
    ],
    [
      { kind: 'exception', error: { name: 'Odd', message: 'two\nlines', stack: 'no frames' } },
      /^Odd: two lines$/,
    ],
  ]
  for (const [evaluation, message] of whole) {
    it(`refuses ${JSON.stringify(evaluation)} on account of the main module`, async () => {
      const problem = refusalOf(await candidateOf({ 'index.ts': '' }), evaluation)
      assert.match(problem.message, message)
      assert.deepEqual([problem.file, problem.line, problem.column], ['index.ts', null, null])
    })
  }

  it('blames the place that threw', async () => {
    const candidate = await candidateOf({
      'index.ts': `import { read } from './config.ts'\nexport default read({})`,
      'config.ts': `type Deep = { a?: { b: number } }\nexport function read(c: Deep) {\n  return c.a!.b\n}`,
    })
    const problem = refusalOf(candidate, { kind: 'exception', error: thrownBy(candidate.bundle.code) })
    assert.deepEqual(problem, {
      file: 'config.ts',
      line: 3,
      column: 15,
      message: "TypeError: Cannot read properties of undefined (reading 'b')",
    })
  })

  it('blames the place that does not compile, which only the message names', async () => {
    const candidate = await candidateOf({ 'index.ts': '\n\nexport default {}' })
    const line = candidate.bundle.code.split('\n').findIndex((text) => text.includes('index_default =')) + 1
    const error = { name: 'SyntaxError', message: `Odd thing [${bundleFilename}:${line}:7]`, stack: '' }
    assert.deepEqual(refusalOf(candidate, { kind: 'exception', error }), {
      file: 'index.ts',
      line: 3,
      column: 8,
      message: 'SyntaxError: Odd thing',
    })
  })
})

function thrownBy(code: string): GuestError {
  try {
    runInNewContext(code, {}, { filename: bundleFilename })
  } catch (error) {
    const { name, message, stack } = error as Error
    return { name, message, stack: stack! }
  }
  assert.fail('nothing was thrown')
}
