/** Writes the JSON Schema of `layer.jsonc`: `node package/layer-schema.ts`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { layerSchema } from '../runtime/registry/layers/layer-config.ts'

export const layerSchemaPath = fileURLToPath(new URL('../schemas/layer.schema.json', import.meta.url))

export function layerSchemaText(): string {
  const schema = z.toJSONSchema(layerSchema, { io: 'input' })
  return `${JSON.stringify({ title: 'Configuration of an isolette layer', ...schema }, null, 2)}\n`
}

if (import.meta.main) writeFileSync(layerSchemaPath, layerSchemaText())
