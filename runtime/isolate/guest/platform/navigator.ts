import { tagClass } from '../boot/class-tag.ts'
import { loaded } from '../boot/loaded.ts'
import { TypeError } from '../primordials.ts'

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

/** What the global `navigator` is. */
export let newNavigator: () => Navigator

/** HTML's `Navigator`, as far as it means something here. */
export class Navigator {
  /** Reading it shows that `this` is one. */
  readonly #config = loaded

  constructor(key: unknown = null) {
    if (key !== internal) throw new TypeError('Illegal constructor')
  }

  get userAgent(): string {
    return this.#config.config.userAgent
  }

  static {
    newNavigator = () => new Navigator(internal)
  }
}

tagClass(Navigator, 'Navigator')
