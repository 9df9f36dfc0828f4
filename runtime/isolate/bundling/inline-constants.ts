const numbersObject = /^export const (\w+) = \{((?:\s*\/\*\*[\s\S]*?\*\/|\s*\w+: -?\d+,?)*)\s*\} as const$/gm
const documentation = /\/\*\*[\s\S]*?\*\//g

/**
 * Turns objects of whole numbers into enums, whose members esbuild puts in place: an object as large as `op` of
 * `abi.ts` takes 10 KB of each isolate.
 */
export function inlineConstants(source: string): string {
  return source.replace(
    numbersObject,
    (_, name: string, members: string) =>
      `export enum ${name} {${members.replace(documentation, '').replaceAll(':', ' =')}}`,
  )
}
