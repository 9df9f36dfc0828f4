const factor = String.raw`(?:\d[\d_]*|[A-Za-z]\w*)`
const product = String.raw`-?${factor}(?: \* ${factor})*`
const numbersObject = new RegExp(
  String.raw`^export const (\w+) = \{((?:\s*\/\*\*[\s\S]*?\*\/|\s*\w+: ${product},?)*)\s*\} as const$`,
  'gm',
)
const namedNumber = /^const (\w+) = (\d[\d_]*(?: \* \d[\d_]*)*)$/gm
const documentation = /\/\*\*[\s\S]*?\*\//g
const member = /(\w+): ([^,\n]+)/g
const name = /\b[A-Za-z]\w*/g

/**
 * Turns objects of whole numbers, and of products of them, into enums, whose members esbuild puts in place: an object as
 * large as `op` of `abi.ts` takes 10 KB of each isolate.
 */
export function inlineConstants(source: string): string {
  const numbers = new Map(Array.from(source.matchAll(namedNumber), ([, name, number]) => [name!, number!]))
  return source.replace(numbersObject, (whole, constant: string, documented: string) => {
    const members = documented.replace(documentation, '')
    const isNumeric = [...members.matchAll(member)].every(([, , value]) =>
      (value!.match(name) ?? []).every((named) => numbers.has(named)),
    )
    if (!isNumeric) return whole
    const values = members.replace(member, (_, key: string, value: string) => {
      return `${key} = ${value.replace(name, (named) => numbers.get(named)!)}`
    })
    return `export enum ${constant} {${values}}`
  })
}
