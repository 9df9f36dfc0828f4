/** A server that can be measured: a fresh process tree each time it is started. */
export interface Rival {
  readonly name: string
  /** Starts on `core` and resolves when it answers on `url`. */
  start(core: number): Promise<RunningRival>
}

export interface RunningRival {
  readonly url: string
  /** Process whose tree is the server. */
  readonly pid: number
  stop(): Promise<void>
}
