import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runCli, startCli } from './run-cli.ts'

const handler = (text: string) =>
  `export default { fetch() { console.log('serving', '${text}'); return new Response('${text}') } }\n`

/** `isolette dev` in a process of its own, on a folder of functions. */
class DevServer implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'isolette-dev-'))
  readonly socket = join(this.folder, '.data', 'admin.sock')
  readonly #child: ChildProcess
  #output = ''

  constructor(files: Readonly<Record<string, string>>) {
    for (const [path, content] of Object.entries(files)) this.write(path, content)
    const flags = ['--data', '.data', '--port', '0', '--workers', '1']
    this.#child = startCli(['dev', ...flags], { cwd: this.folder })
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
        this.#child.emit('printed')
      })
    }
    this.#child.once('exit', () => this.#child.emit('printed'))
  }

  write(path: string, content: string): void {
    mkdirSync(join(this.folder, path, '..'), { recursive: true })
    writeFileSync(join(this.folder, path), content)
  }

  /** Resolves with everything printed up to and including the first match, which is then behind us. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#output)
      if (match !== null) {
        const end = match.index + match[0].length
        const seen = this.#output.slice(0, end)
        this.#output = this.#output.slice(end)
        return seen
      }
      if (this.#child.exitCode !== null) assert.fail(`ended before it printed ${pattern}:\n${this.#output}`)
      await once(this.#child, 'printed')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM')
      await once(this.#child, 'exit')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

describe('isolette dev', () => {
  it('deploys again at every save, tells where a build fails, and shows what functions log', async () => {
    await using dev = new DevServer({
      'hello/function.jsonc': '{ "name": "hello", "main": "index.ts" }',
      'hello/index.ts': handler('one'),
      'broken.ts': 'export default {\n',
    })
    const start = await dev.until(/^isolette is ready on (\S+)/m)
    const [, url] = /ready on (\S+)/.exec(start)!
    assert.match(start, /^deployed hello:1$/m)
    // Which of the functions it is, and where.
    assert.match(start, /^isolette: build_failed: \S*broken\.ts: broken\.ts:\d+:\d+: /m)

    assert.equal(await (await fetch(`${url}/hello`)).text(), 'one')
    await dev.until(/hello:1 {2}ok {2}200 {2}GET \/hello/)
    await dev.until(/info {3}serving one$/m)

    dev.write('hello/index.ts', handler('two'))
    await dev.until(/^deployed hello:2$/m)
    assert.equal(await (await fetch(`${url}/hello`)).text(), 'two')

    dev.write('hello/index.ts', 'export default {\n  fetch( {\n')
    await dev.until(/index\.ts:\d+:\d+: /)
    assert.equal(await (await fetch(`${url}/hello`)).text(), 'two')

    dev.write('fresh/function.jsonc', '{ "name": "fresh", "main": "main.js" }')
    dev.write('fresh/main.js', handler('new'))
    await dev.until(/^deployed fresh:1$/m)
  })
})

describe('isolette serve', () => {
  it('ends with one line and 1 when it cannot start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isolette-serve-'))
    try {
      writeFileSync(join(folder, 'data'), 'no folder')
      const { code, stdout, stderr } = await runCli(['serve', '--data', 'data', '--port', '0'], {
        cwd: folder,
      })
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, /^isolette: cannot_start: Cannot use the data directory .*\n$/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
