import type { FunctionPage, FunctionSummary } from '../../runtime/index.ts'
import type { AdminClient } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { plain } from '../plain.ts'
import { print, printJson } from '../print.ts'
import { formatTable } from '../table.ts'
import { formatWeights } from '../weights.ts'

export const command = defineCommand({
  usage: 'ls',
  description: 'Lists the functions: their newest version, where their aliases point, and their routes.',
  examples: ['isolette ls', "isolette ls --json | jq '.functions[].name'"],
  options: {},
  positionals: [0, 0],
  async run({ client, json }) {
    const functions = await fetchAll(client)
    if (json) printJson({ functions })
    else print(formatTable(['FUNCTION', 'VERSION', 'ALIASES', 'ROUTES'], functions.map(formatRow)))
    return exitCodes.ok
  },
})

async function fetchAll(client: AdminClient): Promise<FunctionSummary[]> {
  const functions: FunctionSummary[] = []
  let next = ''
  for (;;) {
    const page = await client.ask<FunctionPage>('GET', `/v1/functions?limit=1000${next}`)
    functions.push(...page.functions)
    if (page.cursor === null) return functions
    next = `&cursor=${encodeURIComponent(page.cursor)}`
  }
}

function formatRow({ name, lastVersion, aliases, routes }: FunctionSummary): string[] {
  const pointers = Object.entries(aliases).map(([alias, weights]) => `${alias}: ${formatWeights(weights)}`)
  const paths = routes.map(({ host, method, path }) =>
    plain([method, `${host ?? ''}${path}`].filter((part) => part !== null).join(' ')),
  )
  return [
    name,
    lastVersion === 0 ? '$LATEST' : String(lastVersion),
    pointers.join(', ') || '-',
    paths.join(', ') || '-',
  ]
}
