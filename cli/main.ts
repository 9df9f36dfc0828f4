import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { asFailure, type ExitCode, exitCodes, formatFailure, usageFailure } from './failure.ts'
import { formatHelp, formatOverview } from './help.ts'
import { plain } from './plain.ts'
import { print, printError } from './print.ts'

const clientOptions = { admin: { type: 'string' }, json: { type: 'boolean' } } as const
const helpOption = { help: { type: 'boolean', short: 'h' } } as const

/** Runs `isolette <args>` and resolves with the exit code. Never throws. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  endWithReader()
  const [first = 'help'] = args
  if (first === '--version' || first === '-v') {
    print(createRequire(import.meta.url)('../package.json').version)
    return exitCodes.ok
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    if (first !== 'help' || args.length < 2) {
      print(formatOverview())
      return args.length === 0 ? exitCodes.usage : exitCodes.ok
    }
    return runCommandLine([...args.slice(1), '--help'])
  }
  const name = [`${first} ${args[1]}`, first].find((candidate) => Object.hasOwn(commands, candidate))
  if (name === undefined) return fail(unknownCommand(args))
  const { command } = await commands[name]!.load()
  const code = await runCommand(command, args.slice(name.split(' ').length)).catch((thrown) =>
    fail(thrown, command),
  )
  // Whatever a server has left open is not to keep it alive.
  if (command.isServer) process.exit(code)
  return code
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  const options = { ...command.options, ...(command.isServer ? {} : clientOptions), ...helpOption }
  const { values, positionals } = parse(args, options)
  if (values.help) {
    print(formatHelp(command))
    return exitCodes.ok
  }
  const [min, max] = command.positionals
  if (positionals.length < min) throw usageFailure('Cannot run without all arguments')
  if (positionals.length > max) {
    throw usageFailure(`Cannot use argument ${JSON.stringify(positionals[max])}: there is one too many`)
  }
  const socketPath = (values.admin as string | undefined) ?? (process.env.ISOLETTE_ADMIN || defaultSocket)
  return command.run({
    values,
    positionals,
    json: values.json === true,
    client: new AdminClient(resolve(socketPath)),
  })
}

const defaultSocket = '.isolette/admin.sock'

function parse(args: readonly string[], options: Command['options']) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (error) {
    // Its messages go on with advice in further sentences.
    throw usageFailure((error as Error).message.split(/\.\s/)[0]!)
  }
}

function unknownCommand(args: readonly string[]) {
  const [first = ''] = args
  const members = Object.keys(commands).filter((name) => name.startsWith(`${first} `))
  if (members.length > 0) return usageFailure(`Cannot run ${first} alone: must be ${members.join(' or ')}`)
  return usageFailure(`Cannot run ${JSON.stringify(first)}: must be a command that isolette --help lists`)
}

function fail(thrown: unknown, command?: Command): ExitCode {
  const failure = asFailure(thrown)
  // On the same line: whoever collects stderr gets one line a failure.
  const hint = failure.code === 'usage' && command !== undefined ? `; usage: isolette ${command.usage}` : ''
  printError(plain(formatFailure(failure) + hint))
  return failure.exitCode
}

/** `isolette ls | head -1`: a reader that has what it wants is no error. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(exitCodes.ok)
  })
}
