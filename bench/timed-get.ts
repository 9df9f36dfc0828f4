import { Agent, get } from 'node:http'

/** GETs one after the other on one kept connection, and how long each took. */
export class TimedGet {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  /** Milliseconds from sending to the last byte. @throws Error unless the answer is 200 */
  run(url: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const beganMs = performance.now()
      get(url, { agent: this.#agent }, (response) => {
        response.resume()
        response.on('end', () => {
          if (response.statusCode === 200) resolve(performance.now() - beganMs)
          else
            reject(
              new Error(
                `GET ${url} answered ${response.statusCode} ${response.headers['x-isolette-outcome'] ?? ''}`,
              ),
            )
        })
      }).on('error', reject)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
