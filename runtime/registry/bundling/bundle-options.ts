import type { BuildOptions, Loader } from 'esbuild'

/** How modules are compiled, of functions and of layers alike. */
export const moduleOptions = {
  write: false,
  // Nothing is written: a function may well have a file of that name.
  allowOverwrite: true,
  metafile: true,
  bundle: true,
  // Packages that have a build for Workers or for browsers have one that does without Node.js.
  platform: 'browser',
  conditions: ['workerd', 'worker', 'browser'],
  mainFields: ['browser', 'module', 'main'],
  // The V8 of Node 24 is that of Chrome 136.
  target: 'chrome136',
  loader: { ...textLoaders(), '.wasm': 'binary' },
  define: {
    'process.env.NODE_ENV': '"production"',
    // What asks for it carefully, finding no `process`, would take this for a developer's machine and show stacks.
    'globalThis.process.env.NODE_ENV': '"production"',
    global: 'globalThis',
  },
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'silent',
  logLimit: 20,
} satisfies BuildOptions

function textLoaders(): Record<string, Loader> {
  const extensions = ['.txt', '.html', '.md', '.sql', '.css', '.module.css']
  return Object.fromEntries(extensions.map((extension) => [extension, 'text']))
}

/** Of a bundle that is one script. Its banner and footer make a completion value of `name`. */
export const scriptOptions = {
  ...moduleOptions,
  outfile: 'bundle.js',
  format: 'iife',
  sourcemap: 'external',
  sourcesContent: true,
} satisfies BuildOptions

/** What the language has that the bundler is to do without: an `import()` of what was not there to be bundled rejects, instead of reaching the isolate, which has none. */
export const supportedSyntax = {
  'dynamic-import': false,
  // Scripts have neither, though they are built as modules.
  'import-meta': false,
  'top-level-await': false,
}

/** With these, async functions become generators that run on promises, see `isolate/guest/modules/async-hooks.ts`. */
export const loweredAsync = {
  ...supportedSyntax,
  'async-await': false,
  'async-generator': false,
  'for-await': false,
}
