/** Entry of a worker process; started by the supervisor, never by hand. */
import { createWorkerService } from './compose-worker.ts'
import { runWorker } from './worker-lifecycle.ts'

await runWorker(createWorkerService)
