import { resolve } from 'node:path'
import type { DroppedLine, InvocationRecord } from '../../runtime/index.ts'
import type { AdminClient } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { deployPaths } from '../deploy-paths.ts'
import { FolderWatch } from '../folder-watch.ts'
import { print } from '../print.ts'
import { formatRecord } from '../record-format.ts'
import { Redeployer } from '../redeployer.ts'
import { runServer } from '../run-server.ts'
import { serverOptions, serverOptionsHelp } from '../server-options.ts'

export const command = defineCommand({
  usage: 'dev [path...] [options]',
  description: `Serves as isolette serve does, by default what is in this folder, deploys a function again whenever a file of it is
saved, and prints invocations with what they logged. The server's own log is off unless --log-level is given.

${serverOptionsHelp}`,
  examples: ['isolette dev', 'isolette dev ./hello --port 8080'],
  options: serverOptions,
  positionals: [0, Number.POSITIVE_INFINITY],
  isServer: true,
  run({ values, positionals }) {
    const paths = (positionals.length === 0 ? ['.'] : positionals).map((path) => resolve(path))
    const flags = { 'log-level': process.env.ISOLETTE_LOG_LEVEL || 'fatal', ...values }
    return runServer(flags, async (client) => {
      // Watching begins first: what is saved during the first deployment is not to be missed.
      const redeployer = new Redeployer(paths, client)
      const early = Promise.withResolvers<void>()
      new FolderWatch(paths, async (changed) => {
        await early.promise
        await redeployer.redeploy(changed).catch(() => {})
      })
      await deployPaths(paths, client)
      early.resolve()
      void printRecords(client)
    })
  },
})

/** Ends with the server. */
async function printRecords(client: AdminClient): Promise<void> {
  try {
    for await (const line of client.lines<InvocationRecord | DroppedLine>('/v1/logs?follow=true')) {
      print('dropped' in line ? `(${line.dropped} invocations were too many to show)` : formatRecord(line))
    }
  } catch {
    // The server went away, and says so itself.
  }
}
