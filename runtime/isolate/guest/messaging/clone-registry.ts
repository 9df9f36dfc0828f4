/** Objects of a platform class that can be copied. */
export interface Serializable {
  is(value: object): boolean
  /** `cloneInner` copies what the object holds, in the same go. */
  clone(value: object, cloneInner: (inner: unknown) => unknown): object
}

/** Objects of a platform class that can be moved. */
export interface Transferable {
  is(value: object): boolean
  isDetached(value: object): boolean
  /**
   * Detaches `value`. @returns the object that takes its place.
   *
   * @throws DOMException `DataCloneError` if it was detached by what was moved before it.
   */
  transfer(value: object): object
}

interface Entry<Kind> {
  readonly kind: Kind
  readonly next: Entry<Kind> | null
}

let serializables: Entry<Serializable> | null = null
let transferables: Entry<Transferable> | null = null

/** A module registers its class when it is evaluated; what extends another class comes after it, and is asked first. */
export function registerSerializable(kind: Serializable): void {
  serializables = { kind, next: serializables }
}

export function registerTransferable(kind: Transferable): void {
  transferables = { kind, next: transferables }
}

export function serializableOf(value: object): Serializable | null {
  return find(serializables, value)
}

export function transferableOf(value: object): Transferable | null {
  return find(transferables, value)
}

function find<Kind extends { is(value: object): boolean }>(
  first: Entry<Kind> | null,
  value: object,
): Kind | null {
  for (let entry = first; entry !== null; entry = entry.next) if (entry.kind.is(value)) return entry.kind
  return null
}
