import { IsoletteError } from './errors.ts'
import { checkName, isName } from './name.ts'

/** Which version of a function is meant: a number, `$LATEST`, or an alias that picks. */
export type Qualifier =
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'latest' }
  | { readonly kind: 'alias'; readonly alias: string }

export interface FunctionReference {
  readonly functionName: string
  readonly qualifier: Qualifier
}

/** What a reference without a qualifier means. */
export const defaultAlias = 'live'

/**
 * Reads `3`, `live`, `$LATEST` or `latest` (for shells, where `$` is awkward).
 *
 * @throws IsoletteError `bad_qualifier`
 */
export function parseQualifier(text: string): Qualifier {
  if (text === '$LATEST' || text === 'latest') return { kind: 'latest' }
  if (/^[1-9][0-9]{0,8}$/.test(text)) return { kind: 'version', version: Number(text) }
  if (isName(text)) return { kind: 'alias', alias: text }
  throw new IsoletteError(
    'bad_qualifier',
    `Cannot read qualifier ${JSON.stringify(text.slice(0, 100))}: must be a version number, an alias, or $LATEST`,
  )
}

export function isQualifier(text: string): boolean {
  return text === '$LATEST' || /^[1-9][0-9]{0,8}$/.test(text) || isName(text)
}

/**
 * Reads `name` or `name:qualifier`.
 *
 * @throws IsoletteError `bad_name` or `bad_qualifier`
 */
export function parseFunctionReference(text: string): FunctionReference {
  const colon = text.indexOf(':')
  if (colon === -1) {
    return { functionName: checkName('function', text), qualifier: { kind: 'alias', alias: defaultAlias } }
  }
  return {
    functionName: checkName('function', text.slice(0, colon)),
    qualifier: parseQualifier(text.slice(colon + 1)),
  }
}

export function isFunctionReference(text: string): boolean {
  const [name = '', qualifier = defaultAlias, ...rest] = text.split(':')
  return isName(name) && isQualifier(qualifier) && rest.length === 0
}

export function formatQualifier(qualifier: Qualifier): string {
  switch (qualifier.kind) {
    case 'version':
      return String(qualifier.version)
    case 'latest':
      return '$LATEST'
    case 'alias':
      return qualifier.alias
  }
}
