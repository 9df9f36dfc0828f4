import { type ErrorCode, IsoletteError } from '../../model/errors.ts'

/** An `IsoletteError` on its way between processes. */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** @param doing what failed, for an error that is none of ours: `build "/a/b"` */
export function refusalOf(error: unknown, doing: string): Refusal {
  if (error instanceof IsoletteError) {
    const { code, message, details } = error
    return { code, message, details }
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return { code: 'internal_error', message: `Cannot ${doing}: ${message}`, details: { stack } }
}

export function errorOf({ code, message, details }: Refusal): IsoletteError {
  return new IsoletteError(code, message, { details: { ...details } })
}
