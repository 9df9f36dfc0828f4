import { retryLogContract } from './contract.ts'
import { openTemporaryLog } from './temporary-log.ts'

retryLogContract('embedded', openTemporaryLog)
