/**
 * Everything that can be refused, under a code that does not change between major versions
 * (the message may). `docs/errors.md` lists each with its meaning; a test compares the two lists.
 */
export const errorCodes = {
  // What the caller can mend: a request that cannot be carried out as it stands.
  bad_request: 400,
  bad_configuration: 400,
  bad_name: 400,
  bad_qualifier: 400,
  bad_weights: 400,
  bad_route: 400,
  build_failed: 400,
  bad_layer: 400,
  function_not_found: 404,
  version_not_found: 404,
  alias_not_found: 404,
  layer_not_found: 404,
  route_not_found: 404,
  invocation_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  alias_split: 409,
  duplicate_invocation: 409,
  invocation_state: 409,
  in_use: 409,
  nothing_to_publish: 409,
  nothing_to_roll_back: 409,
  route_conflict: 409,
  payload_too_large: 413,
  queue_full: 429,
  // What the operator can mend.
  data_in_use: 500,
  data_format: 500,
  data_damaged: 500,
  cannot_listen: 500,
  cannot_start: 500,
  storage_full: 507,
  unavailable: 503,
  retry_log_unavailable: 503,
  // What only we can mend.
  internal_error: 500,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof errorCodes

/** A refusal or a fault of the host, with a stable `code`. A guest's failure is never one: it is an `Outcome`. */
export class IsoletteError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'IsoletteError'
    this.code = code
    this.details = options.details ?? {}
  }

  /** The HTTP status that the admin socket answers with. */
  get status(): number {
    return errorCodes[this.code]
  }

  /** The one shape of an error on every interface. */
  toJSON(): ErrorBody {
    return { error: { code: this.code, message: this.message, details: this.details } }
  }
}

export interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly details: Readonly<Record<string, unknown>>
  }
}
