import * as z from 'zod'
import { egressRuleForms, isEgressRule } from '../../model/egress.ts'
import { fixedLimits, type Limits, limitBounds } from '../../model/limits.ts'
import { asyncSchema, maxReferenceLength } from './async-schema.ts'
import { poolSchema } from './pool-schema.ts'
import { envNames, flag, section, text, wholeNumber } from './schema-parts.ts'
import { triggersSchema } from './triggers-schema.ts'

const limitMeanings: { readonly [K in keyof Limits]: string } = {
  cpuMs: 'CPU milliseconds one request may use in total; at most 500 of them without a pause.',
  timeoutMs: "Milliseconds from a request's arrival to the response's headers.",
  streamIdleMs: 'Longest time in milliseconds without a byte of a streaming body moving, either way.',
  memoryMiB: 'Heap of one instance in MiB, shared by the requests in it.',
  maxRequestBodyBytes: 'Larger request bodies get 413.',
  subrequests: 'Outbound fetch calls one request may make.',
}

/** What `function.jsonc` may hold. Each error text says what is allowed, to follow the words "must be". */
export const functionSchema = z.strictObject(
  {
    $schema: z.string({ error: 'text' }).optional(),
    name: text(63).optional().describe('Name of the function. Default: the name of the folder.'),
    main: text(1024)
      .optional()
      .describe(
        'The module with the handler, relative to the folder. Default: the first there is of index.ts, index.mts, ' +
          'index.js, index.mjs, src/index.ts.',
      ),
    routes: z
      .array(
        z.union(
          [
            text(2048),
            z.strictObject({
              path: text(2048).describe('Segments may be `:name`; a last segment `*` takes the rest.'),
              method: text(32).optional().describe('HTTP method. Default: any.'),
              host: text(253).optional().describe('Host name without port. Default: any.'),
              qualifier: text(63).optional().describe('Alias, version number or $LATEST. Default: live.'),
            }),
          ],
          { error: 'a path, or an object with path, method, host and qualifier' },
        ),
        { error: 'a list of routes' },
      )
      // An empty list would be read as no list, and the function would answer on the default routes.
      .min(1, { error: 'at least one route, or left out' })
      .optional()
      .describe(
        'What the function answers to, like "/api/*" or "GET example.com/api/:id". Default: /<name> and /<name>/*.',
      ),
    layers: z
      .array(text(128), { error: 'a list of layers' })
      .max(fixedLimits.maxLayers, { error: `at most ${fixedLimits.maxLayers} layers` })
      .default([])
      .describe('Layers as name:number; of one file the last layer wins.'),
    env: envNames(envValue())
      .refine((env) => Object.keys(env).length <= fixedLimits.maxEnvVariables, {
        error: `at most ${fixedLimits.maxEnvVariables} variables`,
      })
      .default({})
      .describe('What the handler finds in env. Frozen into each version.'),
    bindings: envNames(text(maxReferenceLength))
      .refine((bindings) => Object.keys(bindings).length <= fixedLimits.maxBindings, {
        error: `at most ${fixedLimits.maxBindings} bindings`,
      })
      .default({})
      .describe(
        'Functions that it may enqueue calls for, as name or name:qualifier, by their name in env. Frozen into each version.',
      ),
    limits: section(
      Object.fromEntries(
        Object.entries(limitBounds).map(([name, bound]) => [
          name,
          wholeNumber(bound)
            .default(bound.default)
            .describe(limitMeanings[name as keyof Limits]),
        ]),
      ) as Record<keyof Limits, z.ZodDefault<z.ZodInt>>,
    ).describe('What one request and one instance may use. Frozen into each version.'),
    unsafe: section({
      wasm: flag().describe(
        'Whether there is WebAssembly. limits.memoryMiB does not hold for its memory: only for functions that you trust.',
      ),
    }).describe('What the function may use although no limit holds for it. Frozen into each version.'),
    pool: poolSchema,
    egress: section({
      allow: egressRules().describe(
        'Addresses, ranges (CIDR) and hosts ("db.internal", "*.internal") that fetch may reach although their address ' +
          'is not public; with :port for one port only.',
      ),
      deny: egressRules().describe('What fetch may not reach, in the same form; wins over allow.'),
    }).describe(
      'Where outbound requests may go. Belongs to the function: it changes for all versions at once.',
    ),
    async: asyncSchema,
    triggers: triggersSchema,
    versionHeader: flag().describe(
      'Whether x-isolette-version may ask for a version that the alias routes to.',
    ),
    exposeErrors: flag().describe("Whether an exception's message and stack are sent to the client."),
  },
  { error: 'an object' },
)

export type FunctionFile = z.output<typeof functionSchema>

function envValue() {
  const maxBytes = fixedLimits.maxEnvValueBytes
  const error = `text of at most ${maxBytes} bytes`
  // The maximum in characters is for the JSON Schema, which has no word for bytes.
  return z
    .string({ error })
    .max(maxBytes, { error })
    .refine((value) => Buffer.byteLength(value) <= maxBytes, { error })
}

function egressRules() {
  return z
    .array(text(300).refine(isEgressRule, { error: egressRuleForms }), { error: 'a list of hosts' })
    .max(100, { error: 'at most 100 entries' })
    .default([])
}
