import type { Logger } from 'pino'
import * as z from 'zod'
import type { CallControl } from '../delivery/call-control.ts'
import type { EnqueueMetrics } from '../observe/metrics.ts'
import type { Builder } from '../registry/builder/build.ts'
import type { ArtifactStore, Registry } from '../registry/registry.ts'
import type { Changes } from './changes.ts'
import type { Deployer } from './deployer.ts'
import type { Fleet } from './fleet.ts'
import type { LineStream } from './line-stream.ts'

/** What the server is given; it closes none of it. */
export interface AdminParts {
  readonly registry: Registry
  readonly builder: Builder
  readonly artifacts: ArtifactStore
  readonly fleet: Fleet
  readonly calls: CallControl
  /** What this process has accepted of asynchronous calls itself, and refused. */
  readonly enqueues: () => EnqueueMetrics
  /** How many times that triggers name came to each end. */
  readonly firings: () => Readonly<Record<string, number>>
  /** Of isolette. */
  readonly version: string
  /** Wall clock, in milliseconds. */
  readonly clock: () => number
  /** On that clock. */
  readonly startedAtMs: number
  /** Where functions are served, null until they are. */
  readonly address: () => { readonly host: string; readonly port: number } | null
  readonly log: Pick<Logger, 'error'>
}

/** What a command works with. */
export interface AdminContext extends AdminParts {
  readonly changes: Changes
  readonly deployer: Deployer
}

export type Answer =
  | {
      readonly kind: 'json'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: unknown
    }
  | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
  /** JSON lines for as long as the client stays; `open` returns what is called when it left. */
  | { readonly kind: 'lines'; readonly open: (stream: LineStream) => () => void }

/** The names in a path: `/a/:b/c/:d` has `b` and `d`. */
export type PathParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name]: string } & PathParams<Rest>
  : Path extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : unknown

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

interface CommandDefinition<Path extends string, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: Method
  readonly path: Path
  /** One sentence, shown by `GET /v1`. */
  readonly description: string
  readonly query?: Query
  readonly body?: Body
  run(
    context: AdminContext,
    request: {
      readonly params: PathParams<Path>
      readonly query: z.output<Query>
      readonly body: z.output<Body>
      /** Aborts when the client has left, or the server closes: who waits is to answer then with what there is. */
      readonly signal: AbortSignal
    },
  ): Answer | Promise<Answer>
}

/** One row of the protocol. */
export interface AdminCommand {
  readonly method: Method
  readonly path: string
  readonly description: string
  readonly query: z.ZodType
  readonly body: z.ZodType
  run(
    context: AdminContext,
    request: {
      readonly params: Readonly<Record<string, string>>
      readonly query: unknown
      readonly body: unknown
      readonly signal: AbortSignal
    },
  ): Answer | Promise<Answer>
}

const nothing = z.strictObject({})

/** Makes a row of the protocol, whose `run` sees what its path and schemas promise. */
export function command<
  Path extends string,
  Query extends z.ZodType = typeof nothing,
  Body extends z.ZodType = typeof nothing,
>(definition: CommandDefinition<Path, Query, Body>): AdminCommand {
  return {
    method: definition.method,
    path: definition.path,
    description: definition.description,
    query: definition.query ?? nothing,
    body: definition.body ?? nothing,
    // The server matched the path and parsed both with the schemas above: this is where that becomes types.
    run: (context, request) => definition.run(context, request as Parameters<typeof definition.run>[1]),
  }
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return { kind: 'json', status, headers, body }
}
