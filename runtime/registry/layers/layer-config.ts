import * as z from 'zod'
import { IsoletteError } from '../../model/errors.ts'
import { JsoncDocument } from '../source/jsonc-document.ts'

/** The file at a layer's root that says how the layer is used; it stays a file of the layer. */
export const layerConfigFile = 'layer.jsonc'

export const maxLayerConfigBytes = 256 * 1024

/** What `layer.jsonc` may hold. Each error text says what is allowed, to follow the words "must be". */
export const layerSchema = z.strictObject(
  {
    $schema: z.string({ error: 'text' }).optional(),
    preload: z
      .array(
        z
          .string({ error: 'text' })
          .max(500, { error: 'at most 500 characters' })
          .regex(/^(@?[^\s./:@]|\/opt\/\S)\S*$/, {
            error: 'a module as imports name it, like "lodash", or a path below /opt',
          }),
        { error: 'a list of modules' },
      )
      .max(1000, { error: 'at most 1000 modules' })
      .optional()
      .describe(
        'Modules to evaluate in waiting isolates, as imports name them. Default: those that functions import.',
      ),
  },
  { error: 'an object' },
)

export interface LayerConfig {
  /** As `LayerIndex.preload`. */
  readonly preload: readonly string[] | null
}

/**
 * Reads the text of a `layer.jsonc`.
 *
 * @throws IsoletteError `bad_configuration` in one line, with `details: { file, path, line, column }`
 */
export function parseLayerConfig(text: string): LayerConfig {
  const document = new JsoncDocument(layerConfigFile, text)
  const result = layerSchema.safeParse(document.value)
  if (!result.success) throw refusal(document, result.error.issues[0]!)
  return { preload: result.data.preload ?? null }
}

function refusal(document: JsoncDocument, issue: z.core.$ZodIssue): IsoletteError {
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const path = issue.path as (string | number)[]
  const { line, column } = document.positionOf(path, unknownKey)
  const label = [...path, unknownKey ?? []]
    .flat()
    .map((part) => (typeof part === 'number' ? `[${part}]` : part.slice(0, 100)))
    .join('')
  const problem =
    unknownKey === undefined
      ? `${describe(path.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], document.value))}, must be ${issue.message}`
      : `unknown, must be one of ${Object.keys(layerSchema.shape).join(', ')}`
  const message = `${document.file}: ${label === '' ? '' : `${label}: `}${problem}`
  return new IsoletteError('bad_configuration', message, {
    details: { file: document.file, path: label, line, column },
  })
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return `an object of ${Object.keys(value).length} keys`
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
