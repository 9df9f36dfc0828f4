import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { commands } from '../../cli/commands.ts'
import { formatHelp } from '../../cli/help.ts'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'isolette-cli-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const wrong: readonly (readonly [args: readonly string[], message: RegExp, usage: RegExp | null])[] = [
  [['destroy'], /"destroy".*must be a command/, null],
  [['alias'], /Cannot run alias alone: must be alias set or alias ls or alias rm/, null],
  [['alias', 'move'], /Cannot run alias alone/, null],
  [['constructor'], /must be a command/, null],
  [['ls', '--nope'], /Unknown option '--nope';/, /; usage: isolette ls$/m],
  [['ls', 'extra'], /"extra": there is one too many/, /; usage: isolette ls$/m],
  [['publish'], /without all arguments/, /; usage: isolette publish <function>$/m],
  [['deploy', 'a', '--name'], /--name <value>' argument missing/, /; usage: isolette deploy/m],
  [['deploy', 'a', '--force=yes'], /--force' does not take an argument/, /; usage: isolette deploy/m],
  [['alias', 'set', 'hello', 'live'], /without all arguments/, /; usage: isolette alias set/m],
  [
    ['alias', 'set', 'hello', 'live', '3'],
    /weight "3": must be <version>=<0 to 1>/,
    /; usage: isolette alias set/m,
  ],
  [['alias', 'set', 'hello', 'live', '3=1.2.3'], /weight "3=1\.2\.3"/, /; usage: isolette alias set/m],
  [['alias', 'set', 'hello', 'live', '3=0.5', '3=0.5'], /version 3 stands there twice/, /; usage: /m],
  [['invoke', 'hello', '--event', '{'], /Cannot read the event from --event/, /; usage: isolette invoke/m],
  [
    ['invoke', 'hello', '--event', '@/nowhere.json'],
    /from \/nowhere\.json: ENOENT/,
    /; usage: isolette invoke/m,
  ],
  [
    ['layer', 'rm', 'lodash'],
    /layer "lodash": must be <layer>:<version number>/,
    /; usage: isolette layer rm/m,
  ],
  [['layer', 'show', 'lodash:live'], /layer "lodash:live": must be/, /; usage: isolette layer show/m],
  [['layer', 'publish', 'lodash'], /without all arguments/, /; usage: isolette layer publish/m],
  [['invoke', 'hello', '--delay', '5m'], /Cannot use --delay without --async/, /; usage: isolette invoke/m],
  [
    ['invoke', 'hello', '--async', '--delay', 'soon'],
    /--delay "soon": must be a duration like/,
    /; usage: isolette invoke/m,
  ],
  [['async', 'ls', '--limit', '0'], /--limit "0": must be/, /; usage: isolette async ls/m],
  [['async', 'get', 'x', '--wait', '5'], /--wait "5": must be/, /; usage: isolette async get/m],
  [['async', 'redrive'], /ids of calls, or --all with --function/, /; usage: isolette async redrive/m],
  [['async', 'redrive', '--all'], /or --all with --function/, /; usage: isolette async redrive/m],
  [
    ['async', 'redrive', 'x', '--function', 'f'],
    /ids of calls, or --all/,
    /; usage: isolette async redrive/m,
  ],
  [['rm', 'hello:live'], /must be <function> or <function>:<version number>/, /; usage: isolette rm/m],
]

describe('isolette', () => {
  for (const [args, message, usage] of wrong) {
    it(`refuses ${args.join(' ')} with exit code 2`, async () => {
      const { code, stdout, stderr } = await runCli(args, { cwd: folder })
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.match(stderr, /^isolette: usage: Cannot|^isolette: usage: /)
      assert.match(stderr, message)
      assert.equal(stderr.trim().split('\n').length, 1)
      if (usage !== null) assert.match(stderr, usage)
    })
  }

  it('shows all commands with --help, and without any it does so as wrong usage', async () => {
    const help = await runCli(['--help'])
    assert.equal(help.code, 0)
    for (const name of Object.keys(commands)) assert.match(help.stdout, new RegExp(`^ {2}${name} `, 'm'))
    const none = await runCli([])
    assert.deepEqual([none.code, none.stdout], [2, help.stdout])
  })

  it('prints its version', async () => {
    const { code, stdout } = await runCli(['--version'])
    assert.equal(code, 0)
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
  })

  it('shows the help of each command, with examples of that command', async () => {
    for (const [name, { load }] of Object.entries(commands)) {
      const help = formatHelp((await load()).command)
      assert.match(help, new RegExp(`^Usage: isolette ${name}`))
      assert.match(help, new RegExp(`^Examples:\\n  .*isolette ${name}`, 'm'))
    }
    const asked = await runCli(['alias', 'set', '-h'])
    assert.deepEqual([asked.code, asked.stderr], [0, ''])
    assert.equal(asked.stdout, `${formatHelp((await commands['alias set']!.load()).command)}\n`)
    const { stdout } = await runCli(['help', 'alias', 'set'])
    assert.equal(stdout, asked.stdout)
  })

  it('exits with 3 and names the socket when there is no server', async () => {
    const { code, stderr } = await runCli(['ls'], { cwd: folder })
    assert.equal(code, 3)
    const socket = join(folder, '.isolette', 'admin.sock')
    assert.ok(stderr.startsWith(`isolette: unreachable: Cannot reach a server at ${socket}: `), stderr)
    assert.match(stderr, /start one with "isolette serve"/)
    assert.equal(stderr.trim().split('\n').length, 1)
    const named = await runCli(['ls', '--admin', 'other.sock'], { cwd: folder, admin: '/from/environment' })
    assert.match(named.stderr, new RegExp(join(folder, 'other.sock')))
  })

  it('refuses a bad option of the server with exit code 2', async () => {
    const { code, stderr } = await runCli(['serve', '--port', 'high'], { cwd: folder })
    assert.equal(code, 2)
    assert.match(stderr, /^isolette: bad_configuration: .*port.*"high".*\n$/)
  })
})
