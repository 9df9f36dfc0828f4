/**
 * Modules that are evaluated when somebody first asks for what they define: most functions never touch them, and an
 * instance should cost as little as possible. The bundler puts them into parts (`boot/parts.ts`).
 */
declare function require(path: '../call/bindings.ts'): typeof import('./call/bindings.ts')
declare function require(
  path: '../compression/compression-stream.ts',
): typeof import('./compression/compression-stream.ts')
declare function require(
  path: '../compression/decompression-stream.ts',
): typeof import('./compression/decompression-stream.ts')
declare function require(path: '../console/console.ts'): typeof import('./console/console.ts')
declare function require(path: '../console/format-table.ts'): typeof import('./console/format-table.ts')
declare function require(path: '../console/inspect.ts'): typeof import('./console/inspect.ts')
declare function require(path: '../crypto/crypto.ts'): typeof import('./crypto/crypto.ts')
declare function require(path: '../crypto/crypto-key.ts'): typeof import('./crypto/crypto-key.ts')
declare function require(path: '../crypto/subtle-crypto.ts'): typeof import('./crypto/subtle-crypto.ts')
declare function require(
  path: '../event-function/direct-fetch.ts',
): typeof import('./event-function/direct-fetch.ts')
declare function require(
  path: '../event-function/event-call.ts',
): typeof import('./event-function/event-call.ts')
declare function require(
  path: '../event-function/function-url.ts',
): typeof import('./event-function/function-url.ts')
declare function require(
  path: '../event-function/scheduled.ts',
): typeof import('./event-function/scheduled.ts')
declare function require(path: '../event/abort-controller.ts'): typeof import('./event/abort-controller.ts')
declare function require(path: '../event/abort-signal.ts'): typeof import('./event/abort-signal.ts')
declare function require(path: '../event/custom-event.ts'): typeof import('./event/custom-event.ts')
declare function require(path: '../event/dom-exception.ts'): typeof import('./event/dom-exception.ts')
declare function require(path: '../event/error-event.ts'): typeof import('./event/error-event.ts')
declare function require(path: '../event/event-target.ts'): typeof import('./event/event-target.ts')
declare function require(path: '../event/event.ts'): typeof import('./event/event.ts')
declare function require(
  path: '../event/promise-rejection-event.ts',
): typeof import('./event/promise-rejection-event.ts')
declare function require(path: '../event/report-error.ts'): typeof import('./event/report-error.ts')
declare function require(path: '../event/uncaught-error.ts'): typeof import('./event/uncaught-error.ts')
declare function require(
  path: '../event/unhandled-rejection.ts',
): typeof import('./event/unhandled-rejection.ts')
declare function require(path: '../fetch/body-stream.ts'): typeof import('./fetch/body-stream.ts')
declare function require(path: '../fetch/data-url.ts'): typeof import('./fetch/data-url.ts')
declare function require(path: '../fetch/fetch.ts'): typeof import('./fetch/fetch.ts')
declare function require(path: '../fetch/host-stream.ts'): typeof import('./fetch/host-stream.ts')
declare function require(path: '../form/blob-stream.ts'): typeof import('./form/blob-stream.ts')
declare function require(path: '../fetch/request-options.ts'): typeof import('./fetch/request-options.ts')
declare function require(path: '../fetch/upload.ts'): typeof import('./fetch/upload.ts')
declare function require(path: '../form/blob.ts'): typeof import('./form/blob.ts')
declare function require(path: '../form/file.ts'): typeof import('./form/file.ts')
declare function require(path: '../form/form-data.ts'): typeof import('./form/form-data.ts')
declare function require(path: '../form/multipart-write.ts'): typeof import('./form/multipart-write.ts')
declare function require(path: '../form/read-form-data.ts'): typeof import('./form/read-form-data.ts')
declare function require(
  path: '../invocation/stream-response.ts',
): typeof import('./invocation/stream-response.ts')
declare function require(path: '../layers/layer-modules.ts'): typeof import('./layers/layer-modules.ts')
declare function require(path: '../lifecycle/run-hook.ts'): typeof import('./lifecycle/run-hook.ts')
declare function require(
  path: '../messaging/message-channel.ts',
): typeof import('./messaging/message-channel.ts')
declare function require(path: '../messaging/message-event.ts'): typeof import('./messaging/message-event.ts')
declare function require(path: '../messaging/message-port.ts'): typeof import('./messaging/message-port.ts')
declare function require(
  path: '../messaging/structured-clone.ts',
): typeof import('./messaging/structured-clone.ts')
declare function require(path: '../platform/navigator.ts'): typeof import('./platform/navigator.ts')
declare function require(path: '../platform/performance.ts'): typeof import('./platform/performance.ts')
declare function require(path: '../stream/body-reading.ts'): typeof import('./stream/body-reading.ts')
declare function require(path: '../stream/byob-reader.ts'): typeof import('./stream/byob-reader.ts')
declare function require(path: '../stream/byob-request.ts'): typeof import('./stream/byob-request.ts')
declare function require(path: '../stream/byte-controller.ts'): typeof import('./stream/byte-controller.ts')
declare function require(path: '../stream/byte-tee.ts'): typeof import('./stream/byte-tee.ts')
declare function require(path: '../stream/default-reader.ts'): typeof import('./stream/default-reader.ts')
declare function require(path: '../stream/default-writer.ts'): typeof import('./stream/default-writer.ts')
declare function require(path: '../stream/own-byte-stream.ts'): typeof import('./stream/own-byte-stream.ts')
declare function require(path: '../stream/pipe-arguments.ts'): typeof import('./stream/pipe-arguments.ts')
declare function require(
  path: '../stream/queuing-strategies.ts',
): typeof import('./stream/queuing-strategies.ts')
declare function require(
  path: '../stream/readable-controller.ts',
): typeof import('./stream/readable-controller.ts')
declare function require(path: '../stream/readable-from.ts'): typeof import('./stream/readable-from.ts')
declare function require(
  path: '../stream/readable-iterator.ts',
): typeof import('./stream/readable-iterator.ts')
declare function require(path: '../stream/tee.ts'): typeof import('./stream/tee.ts')
declare function require(
  path: '../stream/transform-controller.ts',
): typeof import('./stream/transform-controller.ts')
declare function require(path: '../stream/transform-stream.ts'): typeof import('./stream/transform-stream.ts')
declare function require(
  path: '../stream/transferred-stream.ts',
): typeof import('./stream/transferred-stream.ts')
declare function require(
  path: '../stream/writable-controller.ts',
): typeof import('./stream/writable-controller.ts')
declare function require(path: '../stream/writable-stream.ts'): typeof import('./stream/writable-stream.ts')
declare function require(path: '../stream/readable-stream.ts'): typeof import('./stream/readable-stream.ts')
declare function require(path: '../text/atob.ts'): typeof import('./text/atob.ts')
declare function require(
  path: '../text/text-decoder-stream.ts',
): typeof import('./text/text-decoder-stream.ts')
declare function require(
  path: '../text/text-encoder-stream.ts',
): typeof import('./text/text-encoder-stream.ts')
declare function require(path: '../text/text-decoder.ts'): typeof import('./text/text-decoder.ts')
declare function require(path: '../text/text-encoder.ts'): typeof import('./text/text-encoder.ts')
declare function require(path: '../url/url-parse.ts'): typeof import('./url/url-parse.ts')
declare function require(path: '../url-pattern/url-pattern.ts'): typeof import('./url-pattern/url-pattern.ts')
declare function require(path: '../url/url-search-params.ts'): typeof import('./url/url-search-params.ts')
declare function require(path: '../url/url-setters.ts'): typeof import('./url/url-setters.ts')
declare function require(path: '../url/url.ts'): typeof import('./url/url.ts')
declare function require(path: '../wasm/web-assembly.ts'): typeof import('./wasm/web-assembly.ts')
