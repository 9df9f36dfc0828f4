import type { FunctionRecord } from '../model/function.ts'
import { formatQualifier, parseFunctionReference, type Qualifier } from '../model/qualifier.ts'
import type { Registry, Upload } from '../registry/registry.ts'

type Deployed = Pick<Registry, 'getFunction' | 'hasVersion'>

/**
 * Warnings about what a function names in `bindings`, `async` and `triggers` and is not there: functions are deployed one
 * after another, and two may name each other.
 */
export function missingReferences({ name, settings, manifest }: Upload, deployed: Deployed): string[] {
  const named = Object.entries(manifest.bindings ?? {}).map(([key, reference]) => [
    `bindings.${key}`,
    reference,
  ])
  for (const key of ['onSuccess', 'onFailure'] as const) {
    const destination = settings.async[key]
    if (destination?.kind === 'function') named.push([`async.${key}`, destination.reference])
  }
  settings.triggers.forEach(({ qualifier }, index) => {
    named.push([`triggers[${index}].qualifier`, `${name}:${qualifier}`])
  })
  return named.flatMap(([key, reference]) => {
    const missing = findMissing(reference!, deployed)
    return missing === null ? [] : `${key}: there is no ${missing} yet`
  })
}

function findMissing(reference: string, deployed: Deployed): string | null {
  const { functionName, qualifier } = parseFunctionReference(reference)
  const record = deployed.getFunction(functionName)
  if (record === null) return `function ${functionName}`
  return hasVersion(record, qualifier, deployed) ? null : `${functionName}:${formatQualifier(qualifier)}`
}

function hasVersion(record: FunctionRecord, qualifier: Qualifier, deployed: Deployed): boolean {
  switch (qualifier.kind) {
    case 'latest':
      return true
    case 'alias':
      return Object.hasOwn(record.aliases, qualifier.alias)
    case 'version':
      return deployed.hasVersion(record.name, qualifier.version)
  }
}
