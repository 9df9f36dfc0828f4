import * as z from 'zod'
import { egressRuleForms, isEgressRule } from '../../model/egress.ts'
import { usualPool } from '../../model/function.ts'
import { type Bound, fixedLimits, type Limits, limitBounds } from '../../model/limits.ts'

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
              host: text(253).optional().describe('Host name without port. Default: any.'),
              method: text(32).optional().describe('HTTP method. Default: any.'),
              path: text(2048).describe('Segments may be `:name`; a last segment `*` takes the rest.'),
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
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), envValue(), {
        error: (issue) =>
          issue.code === 'invalid_key' ? 'a name of letters, digits and _' : 'an object of names and texts',
      })
      .refine((env) => Object.keys(env).length <= fixedLimits.maxEnvVariables, {
        error: `at most ${fixedLimits.maxEnvVariables} variables`,
      })
      .default({})
      .describe('What the handler finds in env. Frozen into each version.'),
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
    pool: section({
      model: z
        .enum(['resident', 'ephemeral'], { error: 'resident or ephemeral' })
        .default(usualPool.model)
        .describe(
          'resident: an instance stays after an invocation. ephemeral: each invocation gets a fresh one, which is then disposed.',
        ),
      concurrency: wholeNumber({ min: 1, max: 1000 })
        .default(usualPool.concurrency)
        .describe("Requests at once in one instance; 1 is Lambda's model. Without meaning for ephemeral."),
      idleTimeoutMs: wholeNumber({ min: 1000, max: 86_400_000 })
        .default(usualPool.idleTimeoutMs)
        .describe('An instance without a request for this many milliseconds is evicted.'),
      reserved: wholeNumber({ min: 0, max: 1_000_000 })
        .optional()
        .describe('Most requests at once over all workers; 0 blocks the function. Default: no cap.'),
      maxInstances: wholeNumber({ min: 1, max: 1_000_000 })
        .optional()
        .describe('Most instances over all workers. Default: as many as the workers have room for.'),
      maxInvocationsPerInstance: wholeNumber({ min: 1, max: 1_000_000_000 })
        .optional()
        .describe('An instance that has begun so many invocations is replaced. Default: no cap.'),
      provisioned: provisioned()
        .default({})
        .describe(
          'Instances kept ready over all workers: a number for the alias live, or numbers by alias or version.',
        ),
      schedule: z
        .array(
          z.strictObject({
            cron: text(200).describe('Five or six fields.'),
            timezone: text(100).default('UTC').describe('IANA name of a time zone.'),
            provisioned: provisioned().describe('As pool.provisioned.'),
          }),
          { error: 'a list of schedules' },
        )
        .max(32, { error: 'at most 32 schedules' })
        .default([])
        .describe(
          'From each time a line names, its figures replace those of pool.provisioned for what it lists, ' +
            'until another line does.',
        ),
    }).describe('How instances are kept. Belongs to the function: it changes for all versions at once.'),
    egress: section({
      allow: egressRules().describe(
        'Addresses, ranges (CIDR) and hosts ("db.internal", "*.internal") that fetch may reach although their address ' +
          'is not public; with :port for one port only.',
      ),
      deny: egressRules().describe('What fetch may not reach, in the same form; wins over allow.'),
    }).describe(
      'Where outbound requests may go. Belongs to the function: it changes for all versions at once.',
    ),
    versionHeader: flag().describe(
      'Whether x-isolette-version may ask for a version that the alias routes to.',
    ),
    exposeErrors: flag().describe("Whether an exception's message and stack are sent to the client."),
  },
  { error: 'an object' },
)

export type FunctionFile = z.output<typeof functionSchema>

function text(maxLength: number) {
  const error = `text of 1 to ${maxLength} characters`
  return z.string({ error }).min(1, { error }).max(maxLength, { error })
}

function envValue() {
  const maxBytes = fixedLimits.maxEnvValueBytes
  const error = `text of at most ${maxBytes} bytes`
  // The maximum in characters is for the JSON Schema, which has no word for bytes.
  return z
    .string({ error })
    .max(maxBytes, { error })
    .refine((value) => Buffer.byteLength(value) <= maxBytes, { error })
}

function wholeNumber({ min, max }: Pick<Bound, 'min' | 'max'>) {
  const error = (issue: { input?: unknown }) =>
    Number.isSafeInteger(issue.input) ? `${min} to ${max}` : `a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

function egressRules() {
  return z
    .array(text(300).refine(isEgressRule, { error: egressRuleForms }), { error: 'a list of hosts' })
    .max(100, { error: 'at most 100 entries' })
    .default([])
}

function provisioned() {
  const count = wholeNumber({ min: 0, max: 1000 })
  const error = 'a number from 0 to 1000, or an object of such numbers by alias or version'
  return z
    .union([count, z.record(text(63), count)], { error })
    .transform((value): Record<string, number> => (typeof value === 'number' ? { live: value } : value))
}

function flag() {
  return z.boolean({ error: 'true or false' }).default(false)
}

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: 'an object' }).prefault({} as never)
}
