import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, isAbsolute, join, relative, sep } from 'node:path'
import { IsoletteError } from '../../model/errors.ts'
import { checkName } from '../../model/name.ts'
import type { BuildRequest } from '../builder/build.ts'
import type { FunctionSource } from '../bundling/bundle.ts'
import { configFile, type FunctionConfig, parseFunctionConfig } from './function-config.ts'

/** A function as it lies on disk: what to bundle, and how it is configured. */
export interface LocatedFunction {
  readonly name: string
  readonly source: FunctionSource
  readonly config: FunctionConfig
}

const usualMains = ['index.ts', 'index.mts', 'index.js', 'index.mjs', 'src/index.ts']
const moduleExtensions = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx']

/**
 * Finds a function: a folder with `function.jsonc`, or a single file, which is all there is to read of its folder but
 * what it imports.
 *
 * @throws IsoletteError `bad_request` if there is no such function, `bad_configuration`, `bad_name`
 */
export function locateFunction({ path, name }: BuildRequest): LocatedFunction {
  const kind = statSync(path, { throwIfNoEntry: false })
  if (kind?.isDirectory()) return locateFolder(realpathSync(path), name)
  if (kind?.isFile()) return locateFile(path, name)
  throw noFunction(path, kind ? 'neither a file nor a folder' : 'no such file or folder')
}

function locateFolder(folder: string, givenName: string | null): LocatedFunction {
  const config = parseFunctionConfig(readConfig(folder))
  const main = config.main ?? usualMains.find((file) => isFile(join(folder, file)))
  if (main === undefined) throw badMain(`missing, and there is none of ${usualMains.join(', ')}`)
  checkMain(folder, main)
  const name = checkName('function', givenName ?? config.name ?? basename(folder))
  return { name, config, source: { folder, main: relative(folder, join(folder, main)), usesTsconfig: true } }
}

function locateFile(path: string, givenName: string | null): LocatedFunction {
  const file = realpathSync(path)
  if (!moduleExtensions.includes(extname(file))) {
    throw noFunction(path, `no module, must end in ${moduleExtensions.join(', ')}`)
  }
  // Named by the path that was given, which may be a link.
  const name = checkName('function', givenName ?? basename(path, extname(path)))
  const source = { folder: dirname(file), main: basename(file), usesTsconfig: false }
  return { name, source, config: parseFunctionConfig('{}') }
}

function readConfig(folder: string): string {
  try {
    return readFileSync(join(folder, configFile), 'utf8')
  } catch (cause) {
    throw noFunction(folder, `no ${configFile} in it that can be read`, cause)
  }
}

/** What a function imports may lie anywhere, as in any project with workspaces; its main module may not. */
function checkMain(folder: string, main: string): void {
  const shown = JSON.stringify(main)
  const path = join(folder, main)
  if (isAbsolute(main) || !isInside(folder, path)) throw badMain(`${shown}, must be a path inside the folder`)
  if (!isFile(path)) throw badMain(`${shown}, must be a file that exists`)
  if (!isInside(folder, realpathSync(path))) throw badMain(`${shown}, must not be a link out of the folder`)
  if (!moduleExtensions.includes(extname(main))) {
    throw badMain(`${shown}, must end in ${moduleExtensions.join(', ')}`)
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

function isFile(path: string): boolean {
  // A NUL makes `stat` throw a TypeError of its own.
  return !path.includes('\0') && statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function noFunction(path: string, problem: string, cause?: unknown): IsoletteError {
  return new IsoletteError('bad_request', `Cannot build ${JSON.stringify(path)}: ${problem}`, { cause })
}

function badMain(problem: string): IsoletteError {
  return new IsoletteError('bad_configuration', `${configFile}: main: ${problem}`, {
    details: { file: configFile, path: 'main', line: null, column: null },
  })
}
