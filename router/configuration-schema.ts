import { BlockList, isIP } from 'node:net'
import * as z from 'zod'
import { egressRuleForms, isEgressRule } from '../runtime/index.ts'

/** What `isolette.jsonc` may hold. Each error text says what is allowed, to follow the words "must be". */
export const configurationSchema = z.strictObject(
  {
    $schema: z.string({ error: 'text' }).optional(),
    data: text(4096)
      .default('.isolette')
      .describe('Folder of everything that is deployed. A relative path begins at this file.'),
    port: wholeNumber(0, 65_535).default(8787).describe('TCP port for HTTP requests; 0 takes any free port.'),
    host: text(255)
      .default('127.0.0.1')
      .describe('Address to listen on; 0.0.0.0 means every IPv4 address of the machine.'),
    workers: wholeNumber(1, 256).optional().describe('Worker processes. Default: one for each core.'),
    admin: text(4096)
      .optional()
      .describe('Path of the admin socket. Default: admin.sock in the data folder.'),
    healthPort: wholeNumber(1, 65_535)
      .nullable()
      .default(null)
      .describe('TCP port for /healthz, /readyz and /metrics; null: on the admin socket only.'),
    trustedProxies: z
      .array(
        text(64).refine(isCidr, { error: 'an address range such as 10.0.0.0/8 or fd00::/8, or one address' }),
        { error: 'a list of address ranges' },
      )
      .default([])
      .describe('Address ranges (CIDR) of the proxies whose X-Forwarded-* headers are believed.'),
    egress: section({
      allow: egressRules()
        .nullable()
        .default(null)
        .describe(
          'Addresses, ranges and hosts that are not public and that functions may list in their egress.allow. ' +
            'Default: all that they list; [] = none.',
        ),
      deny: egressRules().default([]).describe('What no function may reach, whatever it lists.'),
    }).describe("Stands above the functions' own egress."),
    prewarm: section({
      min: wholeNumber(0, 100)
        .default(4)
        .describe('Isolates that each worker keeps ready for versions it has not run yet.'),
      max: wholeNumber(0, 1000)
        .optional()
        .describe(
          'Most isolates that wait in a worker, those with evaluated layers included: about 2 MiB each, and what ' +
            'the layers take. Default: 16, or min if that is more.',
        ),
      ttlMs: wholeNumber(1000, 86_400_000)
        .default(120_000)
        .describe(
          'How long a cold start that found no isolate waiting counts, in milliseconds. Layers that no cold start ' +
            'asked for in this time have none waiting.',
        ),
      threshold: wholeNumber(1, 1000)
        .default(1)
        .describe('For so many cold starts of a kind that found none waiting, increment more wait.'),
      increment: wholeNumber(1, 1000).default(1).describe('See threshold.'),
    }),
    memory: section({
      budgetMiB: wholeNumber(64, 1_048_576)
        .optional()
        .describe(
          'Memory of one worker, in MiB. Over it, idle instances make room; over one and a half times as much, ' +
            'the worker is killed and replaced. ' +
            'Default: 60 % of the machine, divided by the number of workers.',
        ),
    }),
    log: section({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
          error: 'one of trace, debug, info, warn, error, fatal, silent',
        })
        .default('info')
        .describe('Lowest level that is written.'),
      sampleWarmPerSecond: wholeNumber(0, 1_000_000)
        .default(10)
        .describe(
          'Successful warm invocations a second that each worker writes to the log. ' +
            'Failures and cold starts are always written.',
        ),
    }),
  },
  { error: keyOr('an object') },
)

export type Configuration = z.output<typeof configurationSchema>

function text(maxLength: number) {
  const error = `text of 1 to ${maxLength} characters`
  return z.string({ error }).min(1, { error }).max(maxLength, { error })
}

function wholeNumber(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

function egressRules() {
  return z.array(text(300).refine(isEgressRule, { error: egressRuleForms }), { error: 'a list of hosts' })
}

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: keyOr('an object') }).prefault({} as never)
}

/** An unknown key is named by the caller, who also knows which keys there are. */
function keyOr(allowed: string) {
  return (issue: { code?: string | undefined }) => (issue.code === 'unrecognized_keys' ? 'left out' : allowed)
}

function isCidr(range: string): boolean {
  const [address = '', prefix, ...rest] = range.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  if (!/^[0-9]{1,3}$/.test(prefix)) return false
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false
  }
}
