/** Writes the JSON Schema of `isolette.jsonc`: `node package/isolette-schema.ts`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { configurationSchema } from '../router/configuration-schema.ts'

export const isoletteSchemaPath = fileURLToPath(new URL('../schemas/isolette.schema.json', import.meta.url))

export function isoletteSchemaText(): string {
  const schema = z.toJSONSchema(configurationSchema, { io: 'input' })
  return `${JSON.stringify({ title: 'Configuration of an isolette server', ...schema }, null, 2)}\n`
}

if (import.meta.main) writeFileSync(isoletteSchemaPath, isoletteSchemaText())
