import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { formatTable } from './table.ts'

export function formatOverview(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => [`  ${name}`, summary])
  return [
    'isolette: functions in warm V8 isolates, behind weighted aliases',
    '',
    'Usage: isolette <command> [options]',
    '',
    formatTable(['Commands:', ''], rows),
    '',
    'isolette <command> --help shows its options and examples; isolette --version the version.',
    'Commands find the server by --admin <socket>, ISOLETTE_ADMIN, or .isolette/admin.sock.',
    'Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no server.',
  ].join('\n')
}

export function formatHelp(command: Command): string {
  const lines = [`Usage: isolette ${command.usage}`, '', command.description]
  if (!command.isServer) {
    lines.push(
      '',
      formatTable(
        ['Options of every command:', ''],
        [
          ['  --admin <socket>', 'admin socket of the server (ISOLETTE_ADMIN, else .isolette/admin.sock)'],
          ['  --json', 'print JSON'],
        ],
      ),
    )
  }
  return [...lines, '', 'Examples:', ...command.examples.map((example) => `  ${example}`)].join('\n')
}
