import { IsoletteError } from './errors.ts'

const namePattern = /^[a-z][a-z0-9-]{0,62}$/

/**
 * Returns `name` unchanged if it may name a function, an alias or a layer. `latest` is no alias: it means `$LATEST`.
 *
 * @throws IsoletteError `bad_name`
 */
export function checkName(kind: 'function' | 'alias' | 'layer', name: string): string {
  if (!namePattern.test(name)) {
    throw new IsoletteError(
      'bad_name',
      `Cannot use ${JSON.stringify(name.slice(0, 100))} as the name of ${kind === 'alias' ? 'an' : 'a'} ${kind}: must match ${namePattern.source}`,
    )
  }
  if (kind === 'alias' && name === 'latest') {
    throw new IsoletteError('bad_name', 'Cannot use "latest" as the name of an alias: it means $LATEST')
  }
  return name
}

export function isName(name: string): boolean {
  return namePattern.test(name)
}
