/** The part of the door that the supervisor goes through: what is deployed, calls and their delivery, and the admin socket. */
export { createAdminServer } from './admin/server.ts'
export { CallDelivery } from './delivery/call-delivery.ts'
export { systemTimers } from './delivery/timers.ts'
export { createLog } from './observe/log.ts'
export { createBuilder } from './registry/builder/builder-client.ts'
export { openRegistry } from './registry/embedded-registry.ts'
export { Provisioning } from './registry/provisioning.ts'
export { openArtifactStore } from './registry/store/artifact-store.ts'
