import type { ParseArgsOptionsConfig, parseArgs } from 'node:util'
import type { AdminClient } from './admin-client.ts'

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; strict: true; allowPositionals: true }>
>['values']

/** What a command was called with. */
export interface CommandLine<Options extends ParseArgsOptionsConfig> {
  readonly values: Values<Options>
  readonly positionals: readonly string[]
  /** Print JSON, for programs. */
  readonly json: boolean
  readonly client: AdminClient
}

interface CommandDefinition<Options extends ParseArgsOptionsConfig> {
  /** All of the line after `isolette`. */
  readonly usage: string
  readonly description: string
  /** Lines that can be run as they stand. */
  readonly examples: readonly string[]
  /** Besides `--help` and, unless `isServer`, `--admin` and `--json`. */
  readonly options: Options
  /** How many arguments it takes at least and at most. */
  readonly positionals: readonly [min: number, max: number]
  /** Starts a server instead of asking one. */
  readonly isServer?: boolean
  /** Resolves with the exit code. @throws Failure */
  run(line: CommandLine<Options>): Promise<number>
}

export type Command = CommandDefinition<ParseArgsOptionsConfig>

/** Describes a command, whose `run` sees the types of its options. */
export function defineCommand<const Options extends ParseArgsOptionsConfig>(
  definition: CommandDefinition<Options>,
): Command {
  return definition as unknown as Command
}
