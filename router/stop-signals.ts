import { isatty } from 'node:tty'

export interface StopSignals extends Disposable {
  /** Resolves at the first SIGTERM or SIGINT, or when the terminal is closed: drain. */
  readonly drain: Promise<NodeJS.Signals>
  /** Resolves with the exit code at the second one: end at once. */
  readonly end: Promise<number>
}

const exitCodes: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Listens to the signals of a server. `onReload` is called for a SIGHUP that asks for it. Disposing ends it. */
export function watchStopSignals(onReload: () => void): StopSignals {
  const drain = Promise.withResolvers<NodeJS.Signals>()
  const end = Promise.withResolvers<number>()
  const hadTerminal = isatty(0)
  let isDraining = false

  const stop = (signal: NodeJS.Signals) => {
    if (isDraining) end.resolve(exitCodes[signal] ?? 1)
    isDraining = true
    drain.resolve(signal)
  }
  // Sent by people to reload, and by the system when the terminal is closed: then there is none any more.
  const hangUp = (signal: NodeJS.Signals) => {
    if (hadTerminal && !isatty(0)) stop(signal)
    else if (!isDraining) onReload()
  }
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', hangUp)
  return {
    drain: drain.promise,
    end: end.promise,
    [Symbol.dispose]() {
      process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', hangUp)
    },
  }
}
