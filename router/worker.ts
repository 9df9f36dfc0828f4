/** Entry of a worker process; started by the supervisor, never by hand. */
import { createWorkerService } from './worker/compose-worker.ts'
import { runWorker } from './worker/worker-lifecycle.ts'

await runWorker(createWorkerService)
