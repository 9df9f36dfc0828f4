/** Writes the JSON Schema of `function.jsonc`: `node package/function-schema.ts`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { functionSchema } from '../runtime/registry/source/function-schema.ts'

export const functionSchemaPath = fileURLToPath(new URL('../schemas/function.schema.json', import.meta.url))

export function functionSchemaText(): string {
  const schema = z.toJSONSchema(functionSchema, { io: 'input' })
  return `${JSON.stringify({ title: 'Configuration of an isolette function', ...schema }, null, 2)}\n`
}

if (import.meta.main) writeFileSync(functionSchemaPath, functionSchemaText())
