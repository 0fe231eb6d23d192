// `npm start`, on whatever Node is here: installs, builds the widget, and runs the stack under Node 24.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { isWidgetBuilt } from './widget_sources.mjs'

ensureInstalled()
const { node, root } = await import('./tools.mjs')

/**
 * Runs a command to its end. Resolves with its exit code, and its output where that is not shown.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { onStart?: (child: import('node:child_process').ChildProcess) => void }} options
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, ...options })
    let output = ''
    child.stdout?.on('data', (data) => (output += data))
    child.stderr?.on('data', (data) => (output += data))
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    // With output to collect, not before its end. Without, at once: `close` never comes where the channel was closed from here.
    child.on(child.stdout ? 'close' : 'exit', (code) => resolve({ code: code ?? 1, output }))
    options.onStart?.(child)
  })
}

async function buildWidget() {
  if (isWidgetBuilt()) return
  const began = Date.now()
  const { code, output } = await run(node, [join('scripts', 'build.mjs'), 'widget'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (code !== 0) {
    console.error(`The widget could not be built:\n${output}`)
    process.exit(1)
  }
  console.log(`✓ Widget built (${((Date.now() - began) / 1000).toFixed(1)} s)`)
}

/**
 * Calls back when npm has gone without a word: it runs this script by way of a shell, which stays.
 * @param {() => void} onGone
 */
function watchNpm(onGone) {
  if (process.env.npm_lifecycle_event !== 'start' || process.platform === 'win32') return
  const shell = process.ppid
  const npm = Number(spawnSync('ps', ['-o', 'ppid=', '-p', String(shell)], { encoding: 'utf8' }).stdout)
  setInterval(() => {
    if (process.ppid === shell && (!npm || isRunning(npm))) return
    onGone()
  }, 1_000).unref()
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** @type {import('node:child_process').ChildProcess | undefined} */
let stack
// The stack stops in order when its channel closes, however this process ends.
watchNpm(() => (stack ? stack.connected && stack.disconnect() : process.exit(1)))
await buildWidget()
const { code } = await run(node, [join('packages', 'local', 'src', 'cli.ts'), ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  onStart(child) {
    stack = child
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      process.on(signal, () => child.kill(signal))
  },
})
process.exitCode = code
