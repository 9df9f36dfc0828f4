import { IsoletteError } from '../model/errors.ts'
import type { AdminCommand } from './command.ts'

export interface FoundCommand {
  readonly command: AdminCommand
  readonly params: Readonly<Record<string, string>>
}

/**
 * Finds the command for a method and a path. `HEAD` is answered as `GET`, whose body Node then leaves out.
 *
 * @throws IsoletteError `not_found`; `method_not_allowed` with the methods there are in `details.allow`; `bad_request` if
 * the path is not decodable
 */
export function findCommand(
  commands: readonly AdminCommand[],
  method: string | undefined,
  pathname: string,
): FoundCommand {
  const segments = decodePath(pathname)
  const wanted = method === 'HEAD' ? 'GET' : method
  const allow: string[] = []
  for (const command of commands) {
    const params = matchPath(command.path.split('/'), segments)
    if (params === null) continue
    if (command.method === wanted) return { command, params }
    allow.push(command.method)
  }
  const shown = pathname.slice(0, 200)
  if (allow.length === 0) {
    throw new IsoletteError('not_found', `Cannot find ${shown}: must be a path that GET /v1 lists`)
  }
  throw new IsoletteError('method_not_allowed', `Cannot ${method} ${shown}: must be ${allow.join(' or ')}`, {
    details: { allow },
  })
}

function decodePath(pathname: string): string[] {
  try {
    return pathname.split('/').map(decodeURIComponent)
  } catch (cause) {
    throw new IsoletteError(
      'bad_request',
      `Cannot read the path ${JSON.stringify(pathname.slice(0, 200))}: must be percent-encoded UTF-8`,
      { cause },
    )
  }
}

function matchPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!
    if (part.startsWith(':')) params[part.slice(1)] = segment
    else if (part !== segment) return null
  }
  return params
}
