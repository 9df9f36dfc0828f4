import type { DeploymentAnswer } from '../runtime/index.ts'

/** `deployed hello:4` */
export function formatDeployment({ function: name, version, unchanged }: DeploymentAnswer): string {
  if (version === null) return `uploaded ${name}:$LATEST`
  return `deployed ${name}:${version}${unchanged ? ' (unchanged)' : ''}`
}
