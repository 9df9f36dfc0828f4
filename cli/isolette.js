#!/usr/bin/env node
// Any Node from 18 on starts this file, which is why it is plain JavaScript. The V8 is part of the product: under
// another Node than the one that this package depends on, it starts itself once more under that one.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const script = fileURLToPath(import.meta.url)
const pinned = findPinned()

if (pinned !== null && !isPinned(pinned)) {
  runUnder(pinned.path)
} else if (Number.parseInt(process.versions.node, 10) !== 24) {
  console.error(
    `isolette: cannot_start: Cannot run under Node ${process.versions.node}: must be 24, and the npm package "node" that brings it is not installed`,
  )
  process.exitCode = 1
} else {
  // A checkout has TypeScript, a package JavaScript: Node strips no types below node_modules.
  const main = ['main.ts', '../dist/cli/main.js'].map((name) => join(dirname(script), name)).find(existsSync)
  const { runCommandLine } = await import(pathToFileURL(main).href)
  process.exitCode = await runCommandLine(process.argv.slice(2))
}

/** Found as a dependency of this package, wherever npm put it. Null if it is missing or its install script never ran. */
function findPinned() {
  try {
    const require = createRequire(import.meta.url)
    const manifest = require.resolve('node/package.json')
    const path = join(dirname(manifest), 'bin', 'node')
    return existsSync(path) ? { path, version: require(manifest).version } : null
  } catch {
    return null
  }
}

/** The path is compared too: a binary that is not of the version it should be must not start itself without end. */
function isPinned({ path, version }) {
  return process.versions.node === version || realpathSync(process.execPath) === realpathSync(path)
}

function runUnder(path) {
  const child = spawn(path, [script, ...process.argv.slice(2)], { stdio: 'inherit' })
  const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']
  // Ctrl-C reaches the whole foreground group of a terminal: sent on, the child would get it twice.
  const isOnTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !isOnTerminal) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`isolette: cannot_start: Cannot run ${path}: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code
      return
    }
    // Whoever waits for this process is to see what ended the other one.
    for (const name of forwarded) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}
