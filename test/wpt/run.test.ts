import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { miniatureCheckout } from './miniature-checkout.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function run(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['wpt/run.ts', ...args], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('runs tests in instances and in Node, with scripts, files, variants and strictness', async () => {
  using folder = miniatureCheckout({
    'common/helper.js': 'var fromHelper = 1',
    'resources/webidl2/lib/webidl2.js': 'var parser = 1',
    'url/resources/data.json': '{"n":41}',
    'url/a.any.js': `// META: script=/common/helper.js
// META: script=/resources/WebIDLParser.js
// META: variant=?x
// META: variant=?y
'use strict'
promise_test(async () => { if (fromHelper !== 1 || parser !== 1) throw new Error('no helper') }, 'helper')
promise_test(async () => {
  const url = new Request('b?c').url
  if (url !== 'http://web-platform.test/url/b?c') throw new Error(url)
}, 'relative')
promise_test(async () => {
  const { n } = await (await fetch('resources/data.json')).json()
  if (n !== 41) throw new Error('no file')
}, 'file')
promise_test(async () => { if (!/^[?][xy]$/.test(location.search)) throw new Error('no variant') }, 'variant')
promise_test(async () => { if ((function () { return this })() !== undefined) throw new Error('sloppy') }, 'strict')
promise_test(() => fetch('http://web-platform.test/url/').then(
  () => { throw new Error('reached') },
  (error) => { if (!(error instanceof TypeError)) throw error },
), 'no network')`,
  })
  const { code, stdout } = await run(['--wpt', folder.path, '--json'])
  const { directories, unexpected } = JSON.parse(stdout)
  assert.deepEqual(unexpected, [])
  assert.deepEqual(directories, [
    { directory: 'url/', subtests: 12, passes: 12, nodePasses: 12, sharedPasses: 12 },
  ])
  assert.equal(code, 0)
})

test('ends with 1 if something passes in Node alone, and says what', async () => {
  using folder = miniatureCheckout({
    'url/a.any.js': `promise_test(async () => { process.version }, 'process')
promise_test(async () => {}, 'nothing')`,
  })
  const { code, stdout } = await run(['--wpt', folder.path, '--filter', 'url/'])
  assert.equal(code, 1)
  assert.match(
    stdout,
    /Unexpected failures: 1\n {2}url\/a\.any\.js\n {4}process\n {6}process is not defined\n/,
  )
  assert.match(stdout, /url\/ +2 +1 +2 +1 +50\.00 %/)
})

test('what waits for nothing is told at once, with what passed before', async () => {
  using folder = miniatureCheckout({
    'url/a.any.js': `promise_test(async () => {}, 'done')
promise_test(() => new Promise(() => {}), 'waits')`,
  })
  for (const target of ['isolette', 'node']) {
    const { stdout } = await run(['--wpt', folder.path, '--target', target, '--json'])
    const { directories, unexpected } = JSON.parse(stdout)
    assert.equal(directories[0].passes, 1)
    assert.equal(unexpected[0].subtest, 'waits')
    assert.match(unexpected[0].message, /^timeout/)
  }
})

test('goes on behind a test that cannot be evaluated, or ends its instance', async () => {
  using folder = miniatureCheckout({
    'url/a.any.js': 'this is no script',
    'url/b.any.js': 'const all = []; for (;;) all.push(new Array(1e5).fill(all.length))',
    'url/c.any.js': `promise_test(async () => {}, 'runs')`,
  })
  const { stdout } = await run(['--wpt', folder.path, '--target', 'isolette', '--json'])
  const { directories, unexpected } = JSON.parse(stdout)
  assert.equal(directories[0].passes, 1)
  assert.match(unexpected[0].message, /^error: SyntaxError/)
  assert.match(unexpected[1].message, /^(killed|crashed)/)
})

test('lists tests, helps, and refuses what makes no sense in one line', async () => {
  using folder = miniatureCheckout({ 'url/a.any.js': '' })
  assert.equal((await run(['--wpt', folder.path, '--list'])).stdout, 'url/a.any.js\n')
  assert.match((await run(['--help'])).stdout, /--filter/)
  const refusals = [
    [[], /^wpt: Cannot run without --wpt/],
    [['--wpt', '/nothing'], /^wpt: Cannot read "\/nothing"/],
    [
      ['--wpt', folder.path, '--target', 'deno'],
      /^wpt: Cannot use --target "deno": must be isolette or node\n$/,
    ],
    [['--wpt', folder.path, '--filter', 'css/'], /^wpt: Cannot find a test that begins with css\/\n$/],
  ] as const
  for (const [args, message] of refusals) {
    const { code, stderr } = await run(args)
    assert.equal(code, 2)
    assert.match(stderr, message)
  }
})
