import * as z from 'zod'

/** The keys that the object at `path` may have; of several kinds of values there, those of the last that is an object. */
export function keysAt(schema: z.core.$ZodType, path: readonly (string | number)[]): readonly string[] {
  const object = objectIn(path.reduce<z.core.$ZodType>(inner, schema))
  return object instanceof z.ZodObject ? Object.keys(object.shape) : []
}

function inner(schema: z.core.$ZodType, part: string | number): z.core.$ZodType {
  const outer = objectIn(schema)
  if (outer instanceof z.ZodArray) return outer.element
  return outer instanceof z.ZodObject ? (outer.shape[part] as z.core.$ZodType) : outer
}

/** What is behind defaults and other coats. */
function objectIn(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    return objectIn(schema.unwrap())
  }
  return schema instanceof z.ZodUnion ? objectIn(schema.options.at(-1)!) : schema
}
