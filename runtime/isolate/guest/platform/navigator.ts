import { tagClass } from '../boot/class-tag.ts'
import { loaded } from '../boot/loaded.ts'

/** HTML's `Navigator`, as far as it means something here. */
export class Navigator {
  get userAgent(): string {
    return loaded.config.userAgent
  }
}

tagClass(Navigator, 'Navigator')
