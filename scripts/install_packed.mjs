// `node scripts/install_packed.mjs <folder> <tarball>…`: installs an application outside the workspace by its lock file,
// unless that was done since it last changed, and the packed packages beside it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, ...tarballs] = process.argv.slice(2)
if (!folder || tarballs.length === 0) {
  console.error('node scripts/install_packed.mjs <folder> <tarball>…')
  process.exit(2)
}

/** @param {string[]} args */
function npm(...args) {
  const options = ['--prefer-offline', '--no-audit', '--no-fund']
  const shell = process.platform === 'win32'
  const { status } = spawnSync('npm', [...args, ...options], { cwd: folder, stdio: 'inherit', shell })
  if (status !== 0) process.exit(status ?? 1)
}

const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
const stamp = join(folder, 'node_modules', '.loacl-installed')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  npm('ci')
  writeFileSync(stamp, lock)
}
npm('install', '--no-save', ...tarballs)
