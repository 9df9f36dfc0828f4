import type { AsyncSettings, Destination } from '../model/async-settings.ts'
import type { FunctionSettings } from '../model/function.ts'

/** Settings without what is nobody's business. */
export interface ShownSettings extends Omit<FunctionSettings, 'async'> {
  readonly async: Omit<AsyncSettings, 'onSuccess' | 'onFailure'> & {
    readonly onSuccess: ShownDestination | null
    readonly onFailure: ShownDestination | null
  }
}

export type ShownDestination =
  | Extract<Destination, { kind: 'function' }>
  /** `secret`: there is one. */
  | { readonly kind: 'url'; readonly url: string; readonly secret: true }

export function shownSettings(settings: FunctionSettings): ShownSettings {
  const { onSuccess, onFailure } = settings.async
  return {
    ...settings,
    async: {
      ...settings.async,
      onSuccess: onSuccess && withoutSecret(onSuccess),
      onFailure: onFailure && withoutSecret(onFailure),
    },
  }
}

function withoutSecret(destination: Destination): ShownDestination {
  return destination.kind === 'url' ? { ...destination, secret: true } : destination
}
