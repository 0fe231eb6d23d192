// Deploys each function with the real CLI to a mock of Supabase's management API, writes what was uploaded to an
// empty folder, and runs it there: what the CLI's rules for imports leave behind is missed at once. Done from the
// repository, and from a project of a host's that has the bundles beside functions of its own.
import { ADMIN_FUNCTION, CHAT_FUNCTION } from '@loacl/wire'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inheritedEnvironment } from '../../../packages/local/src/index.ts'

const root = join(import.meta.dirname, '../../..')
/** The program itself: a signal to the package's wrapper would not reach it. */
const DENO = join(root, 'node_modules/deno', process.platform === 'win32' ? 'deno.exe' : 'deno')
const PROJECT = 'abcdefghijklmnopqrst'
/** A path that each function has. */
const PATHS: Readonly<Record<string, string>> = {
  [ADMIN_FUNCTION]: 'provider-key',
  [CHAT_FUNCTION]: 'turns',
}

let folder: string
const deployments = new Map<
  string,
  { files: Map<string, File>; entrypoint: string; importMap: string; verifyJwt: boolean }
>()
const management = createServer(async (request, response) => {
  response.setHeader('content-type', 'application/json')
  const url = new URL(request.url!, 'http://management')
  if (request.method !== 'POST') return response.end('[]')
  const form = await readForm(request)
  const slug = url.searchParams.get('slug')!
  const metadata = JSON.parse(String(form.get('metadata')))
  deployments.set(slug, {
    files: new Map(form.getAll('file').map((file) => [(file as File).name, file as File])),
    entrypoint: metadata.entrypoint_path,
    importMap: metadata.import_map_path,
    verifyJwt: metadata.verify_jwt,
  })
  const now = Date.now()
  response.statusCode = 201
  response.end(
    JSON.stringify({
      id: crypto.randomUUID(),
      slug,
      name: slug,
      status: 'ACTIVE',
      version: 1,
      created_at: now,
      updated_at: now,
    }),
  )
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loacl-deploy-'))
  await once(management.listen(0, '127.0.0.1'), 'listening')
})
afterAll(async () => {
  management.close()
  await rm(folder, { recursive: true, force: true })
})

test('every function, deployed by the CLI, brings all that it imports', { timeout: 120_000 }, async () => {
  const names = (await readdir(join(root, 'supabase/functions'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !['_shared', 'test'].includes(entry.name))
    .map((entry) => entry.name)
  expect(names.toSorted()).toEqual(Object.keys(PATHS))
  expect(await runDeployed(root, 'deployed')).toEqual(names.toSorted())
})

test('a bundle, deployed from a project with a chat of its own, is complete', { timeout: 120_000 }, async () => {
  const host = join(folder, 'host')
  const functions = join(host, 'supabase/functions')
  execFileSync(process.execPath, [join(root, 'scripts/bundle_functions.mjs'), functions])
  await copyFile(join(root, 'supabase/config.toml'), join(host, 'supabase/config.toml'))
  for (const name of ['chat', '_shared']) await mkdir(join(functions, name))
  await writeFile(join(functions, 'chat/index.ts'), "import '../_shared/host.ts'\n")
  await writeFile(join(functions, '_shared/host.ts'), 'Deno.serve(() => new Response())\n')
  expect(await runDeployed(host, 'deployed-bundle')).toEqual(Object.keys(PATHS))
})

/** Deploys a project's functions and runs each. Returns their names. */
async function runDeployed(project: string, place: string): Promise<string[]> {
  deployments.clear()
  await deploy(project, Object.keys(PATHS))
  for (const [name, { files, entrypoint, importMap, verifyJwt }] of deployments) {
    expect(verifyJwt, `${name} checks its callers itself`).toBe(false)
    const target = join(folder, place, name)
    for (const [path, file] of files) {
      expect(path, `${name} uploads nothing above the project`).not.toMatch(/^(\/|\.\.)/)
      await mkdir(dirname(join(target, path)), { recursive: true })
      await writeFile(join(target, path), new Uint8Array(await file.arrayBuffer()))
    }
    const imports = JSON.parse(await files.get(importMap)!.text()).imports as Record<string, string>
    const packages = Object.entries(imports).filter(([, resolved]) => resolved.startsWith('npm:'))
    for (const [specifier, resolved] of packages)
      expect(resolved, `${specifier} is pinned`).toMatch(/@\d+\.\d+\.\d+(\/|$)/)
    expect(await answerToPreflight(join(target, entrypoint), join(target, importMap), name)).toBeLessThan(300)
  }
  return [...deployments.keys()].toSorted()
}

async function readForm(request: IncomingMessage): Promise<FormData> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return new Response(Buffer.concat(chunks), {
    headers: { 'content-type': request.headers['content-type']! },
  }).formData()
}

async function deploy(project: string, names: string[]): Promise<void> {
  const api = `http://127.0.0.1:${(management.address() as AddressInfo).port}`
  const profile = join(folder, 'profile.yaml')
  await writeFile(profile, `name: mock\napi_url: ${api}\ndashboard_url: ${api}\nproject_host: mock.local\n`)
  const flags = ['--use-api', `--remote=${PROJECT}`, '--profile', profile, '--yes']
  const cli = spawn(
    process.execPath,
    [join(root, 'node_modules/supabase/dist/supabase.js'), 'functions', 'deploy', ...names, ...flags],
    {
      cwd: project,
      env: { ...process.env, SUPABASE_ACCESS_TOKEN: `sbp_${'0'.repeat(40)}`, SUPABASE_TELEMETRY_DISABLED: '1' },
    },
  )
  expect(await output(cli)).toContain('Deployed Functions')
}

async function output(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout!.on('data', (data) => (text += data))
  child.stderr!.on('data', (data) => (text += data))
  await once(child, 'close')
  return text
}

/**
 * Starts a deployed function by itself, with the packages of the repository's lockfile, which an installation has fetched,
 * and returns the status with which it answers a browser's preflight.
 */
async function answerToPreflight(entrypoint: string, config: string, name: string): Promise<number> {
  const lock = join(root, 'supabase/functions', name, 'deno.lock')
  const deno = spawn(DENO, ['run', '--no-prompt', '--lock', lock, '--frozen', '-A', '--config', config, entrypoint], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inheritedEnvironment(),
      DENO_SERVE_ADDRESS: 'tcp:127.0.0.1:0',
      SUPABASE_URL: 'http://127.0.0.1:9',
      SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_x"}',
      SUPABASE_SECRET_KEYS: '{"default":"sb_secret_x"}',
      LOACL_ENCRYPTION_KEYS: JSON.stringify({ current: 'k', keys: { k: btoa('0'.repeat(32)) } }),
    },
  })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let log = ''
      const read = (line: string): void => {
        log += `${line}\n`
        const address = /http:\/\/[\d.]+:\d+/.exec(line)
        if (address) resolve(address[0])
      }
      createInterface(deno.stdout).on('line', read)
      createInterface(deno.stderr).on('line', read)
      deno.once('close', () => reject(new Error(`${name} did not start:\n${log}`)))
    })
    return (await fetch(`${url}/${name}/${PATHS[name]}`, { method: 'OPTIONS' })).status
  } finally {
    deno.kill('SIGKILL')
  }
}
