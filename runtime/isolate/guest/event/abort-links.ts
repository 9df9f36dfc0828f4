import { newList } from '../language/list.ts'
import { WeakRef, weakRefDeref } from '../primordials.ts'
import type { AbortSignal } from './abort-signal.ts'

/** A dependent signal hangs on a source. */
export interface AbortLink {
  readonly source: AbortSignal
  readonly dependent: WeakRef<AbortSignal>
  /** The dependent, while somebody listens to it: until then nothing but its user keeps it. */
  held: AbortSignal | null
  /** The dependent has aborted. */
  isCut: boolean
}

/** What hangs on one source. A source that outlives its dependents, one of a whole application for instance, forgets them. */
export class AbortLinks {
  #links = newList<AbortLink>()
  #sweepAt = 16

  add(source: AbortSignal, dependent: AbortSignal): AbortLink {
    if (this.#links.length >= this.#sweepAt) this.#sweep()
    const link = { source, dependent: new WeakRef(dependent), held: null, isCut: false }
    this.#links[this.#links.length] = link
    return link
  }

  /** Whether somebody listens to a dependent. */
  get isObserved(): boolean {
    for (let index = 0; index < this.#links.length; index++)
      if (this.#links[index]!.held !== null) return true
    return false
  }

  /** Those that are still there, in order. */
  dependents(): AbortSignal[] {
    const dependents = newList<AbortSignal>()
    for (let index = 0; index < this.#links.length; index++) {
      const dependent = dependentOf(this.#links[index]!)
      if (dependent !== undefined) dependents[dependents.length] = dependent
    }
    return dependents
  }

  #sweep(): void {
    const links = newList<AbortLink>()
    for (let index = 0; index < this.#links.length; index++) {
      const link = this.#links[index]!
      if (dependentOf(link) !== undefined) links[links.length] = link
    }
    this.#links = links
    this.#sweepAt = 2 * links.length + 16
  }
}

function dependentOf(link: AbortLink): AbortSignal | undefined {
  if (link.isCut) return undefined
  return link.held ?? weakRefDeref(link.dependent)
}
