import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { cli } from './run-cli.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'isolette-start-')))
after(() => rmSync(root, { recursive: true, force: true }))
let folders = 0

/** As npm lays out a package that was installed with its dependencies hoisted. */
function install(pinned: { readonly version: string; readonly script: string } | null): string {
  const modules = join(root, String(++folders), 'node_modules')
  const script = join(modules, 'isolette', 'cli', 'isolette.js')
  cpSync(cli, script)
  writeFileSync(join(modules, 'isolette', 'package.json'), '{"type":"module"}')
  write(
    join(modules, 'isolette', 'dist', 'cli', 'main.js'),
    'export const runCommandLine = async (args) => { console.log("main", ...args); return 5 }',
  )
  if (pinned !== null) {
    write(join(modules, 'node', 'package.json'), JSON.stringify({ version: pinned.version }))
    const binary = join(modules, 'node', 'bin', 'node')
    write(binary, `#!${process.execPath}\n${pinned.script}`)
    chmodSync(binary, 0o755)
  }
  return script
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function start(script: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function finish(child: ChildProcess) {
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit'),
  ])
  return { stdout, stderr, code, signal }
}

describe('cli/isolette.js', () => {
  it('runs the packaged JavaScript under the Node that it was started by, if that is the pinned one', async () => {
    const script = install({ version: process.versions.node, script: 'throw new Error("not me")' })
    const { stdout, code } = await finish(start(script, 'ls', '--json'))
    assert.deepEqual([stdout, code], ['main ls --json\n', 5])
  })

  it('starts itself under the pinned Node with the same arguments, and takes over its exit code', async () => {
    const report = 'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7'
    const script = install({ version: '24.99.0', script: report })
    const { stdout, code } = await finish(start(script, 'invoke', 'hello', '--event', '{"a b":"*"}'))
    assert.deepEqual([JSON.parse(stdout), code], [[script, 'invoke', 'hello', '--event', '{"a b":"*"}'], 7])
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`hands ${signal} on, and waits for the end`, async () => {
      const wait = `process.on('${signal}', () => { console.log('got it'); process.exit(3) }); console.log('waiting'); setInterval(() => {}, 1e6)`
      const child = start(install({ version: '24.99.0', script: wait }))
      const finished = finish(child)
      await once(child.stdout!, 'data')
      child.kill(signal)
      const { stdout, code } = await finished
      assert.deepEqual([stdout, code], ['waiting\ngot it\n', 3])
    })
  }

  it('ends by the signal that ended the other one', async () => {
    const script = install({ version: '24.99.0', script: 'process.kill(process.pid, "SIGKILL")' })
    const { code, signal } = await finish(start(script))
    assert.deepEqual([code, signal], [null, 'SIGKILL'])
  })

  it('goes on under Node 24 when the pinned one is not installed', async () => {
    const { stdout, code } = await finish(start(install(null), 'ls'))
    assert.deepEqual([stdout, code], ['main ls\n', 5])
  })
})
