import type { Command } from './command.ts'

interface CommandEntry {
  readonly summary: string
  /** Only the command that runs is loaded: `isolette ls` need not wait for the server's code. */
  readonly load: () => Promise<{ readonly command: Command }>
}

/** All commands, in the order in which help shows them. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  serve: {
    summary: 'start the server, and deploy what changed below the paths',
    load: () => import('./commands/serve.ts'),
  },
  dev: {
    summary: 'serve, and deploy again at every save',
    load: () => import('./commands/dev.ts'),
  },
  init: { summary: 'write a first function', load: () => import('./commands/init.ts') },
  deploy: {
    summary: 'build a function, publish it, point `live` at it',
    load: () => import('./commands/deploy.ts'),
  },
  publish: { summary: 'give $LATEST a version number', load: () => import('./commands/publish.ts') },
  'alias set': {
    summary: 'point an alias at versions, with weights',
    load: () => import('./commands/alias-set.ts'),
  },
  'alias ls': { summary: 'list the aliases of a function', load: () => import('./commands/alias-ls.ts') },
  'alias rm': { summary: 'remove an alias', load: () => import('./commands/alias-rm.ts') },
  rollback: {
    summary: 'point an alias where it pointed before',
    load: () => import('./commands/rollback.ts'),
  },
  'route ls': {
    summary: 'list which requests lead to which function',
    load: () => import('./commands/route-ls.ts'),
  },
  'layer publish': {
    summary: 'publish a zip or a folder as a version of a layer',
    load: () => import('./commands/layer-publish.ts'),
  },
  'layer ls': { summary: 'list layers', load: () => import('./commands/layer-ls.ts') },
  'layer show': {
    summary: 'show the files of a layer, or of all layers of a function',
    load: () => import('./commands/layer-show.ts'),
  },
  'layer rm': { summary: 'remove a version of a layer', load: () => import('./commands/layer-rm.ts') },
  invoke: { summary: 'run a function and print its result', load: () => import('./commands/invoke.ts') },
  'async ls': { summary: 'list asynchronous calls', load: () => import('./commands/async-ls.ts') },
  'async get': {
    summary: 'show an asynchronous call, or wait for its end',
    load: () => import('./commands/async-get.ts'),
  },
  'async stop': { summary: 'end an asynchronous call', load: () => import('./commands/async-stop.ts') },
  'async redrive': {
    summary: 'enqueue asynchronous calls anew that failed',
    load: () => import('./commands/async-redrive.ts'),
  },
  'async purge': {
    summary: 'forget asynchronous calls that have ended',
    load: () => import('./commands/async-purge.ts'),
  },
  'async pause': {
    summary: 'begin no asynchronous call of a function',
    load: () => import('./commands/async-pause.ts'),
  },
  'async resume': {
    summary: 'go on with the asynchronous calls of a function',
    load: () => import('./commands/async-resume.ts'),
  },
  ls: { summary: 'list functions', load: () => import('./commands/ls.ts') },
  ps: { summary: 'show workers and their resident instances', load: () => import('./commands/ps.ts') },
  logs: { summary: 'show invocations and what they logged', load: () => import('./commands/logs.ts') },
  rm: { summary: 'remove a function or a version', load: () => import('./commands/rm.ts') },
  'workers replace': {
    summary: 'replace every worker without losing a request',
    load: () => import('./commands/workers-replace.ts'),
  },
}
