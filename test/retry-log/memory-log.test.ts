import { retryLogContract } from './contract.ts'
import { openMemoryLog } from './open-memory-log.ts'

retryLogContract('in memory', async () => openMemoryLog())
