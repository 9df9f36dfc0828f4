/** Options that `serve` and `dev` hand on to the server. All take a value; `resolveOptions` says which are allowed. */
export const serverOptions = {
  config: { type: 'string' },
  data: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  workers: { type: 'string' },
  admin: { type: 'string' },
  'health-port': { type: 'string' },
  'trusted-proxies': { type: 'string' },
  'egress-allow': { type: 'string' },
  'egress-deny': { type: 'string' },
  'prewarm-min': { type: 'string' },
  'prewarm-max': { type: 'string' },
  'prewarm-ttl-ms': { type: 'string' },
  'prewarm-threshold': { type: 'string' },
  'prewarm-increment': { type: 'string' },
  'memory-budget-mib': { type: 'string' },
  'log-level': { type: 'string' },
  'log-sample-warm-per-second': { type: 'string' },
} as const

export const serverOptionsHelp = `  --config <file>            configuration (isolette.jsonc)
  --data <folder>            everything that is deployed (.isolette)
  --port <port>              port for HTTP requests; 0 takes any free one (8787)
  --host <address>           address to listen on (127.0.0.1)
  --workers <n>              worker processes (one a core)
  --admin <socket>           admin socket (admin.sock in the data folder)
  --health-port <port>       serve /healthz, /readyz and /metrics over TCP too
  --trusted-proxies <cidrs>  whose X-Forwarded-* headers are believed
  --log-level <level>        lowest level that is written to stderr (info)

The other keys of isolette.jsonc are options too: --egress-allow, --egress-deny, --prewarm-min, --prewarm-max,
--prewarm-ttl-ms, --prewarm-threshold, --prewarm-increment, --memory-budget-mib, --log-sample-warm-per-second.`
