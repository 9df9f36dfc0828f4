/** Entry of a lane's process: runs the programs that come in, one after another, and sends back what became of them. */
import { createTarget, type TargetName } from './target.ts'

export interface LaneRequest {
  readonly program: string
  readonly timeoutMs: number
}

const target = await createTarget(process.argv[2] as TargetName)

process.on('message', async ({ program, timeoutMs }: LaneRequest) => {
  process.send!(await target.run(program, timeoutMs))
})
// The runner is gone.
process.on('disconnect', () => process.exit())
process.send!('ready')
