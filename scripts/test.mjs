// `npm test`: every check and every test, in one run that ends with one line, "N passed, N failed".
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'

ensureInstalled()
const { ensureChromium } = await import('./chromium.mjs')
const { tool } = await import('./tools.mjs')

const reports = mkdtempSync(join(tmpdir(), 'loacl-test-'))
const report = (name) => join(reports, `${name}.json`)
const totals = { passed: 0, failed: 0 }

/** Runs one command, shows its output when it fails (or as it comes, where `live`), and counts it as `count` says. */
async function step(name, [command, ...args], { live = false, env = {}, count = countExit } = {}) {
  const started = Date.now()
  const child = spawn(command, args, {
    stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    env: { ...process.env, ...env },
  })
  let output = ''
  child.stdout?.on('data', (data) => (output += data))
  child.stderr?.on('data', (data) => (output += data))
  const status = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += error.message
      resolve(1)
    })
    child.on('close', resolve)
  })
  const { passed, failed } = count(status)
  totals.passed += passed
  totals.failed += failed
  console.log(`${failed ? '✗' : '✓'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  if (failed && !live) console.log(output)
}

const countExit = (status) => (status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })

/** Counts a runner's JSON report. What was skipped counts as failed, and so does a runner that broke down. */
const counted = (name, read) => (status) => {
  try {
    const { passed, failed } = read(JSON.parse(readFileSync(report(name), 'utf8')))
    return { passed, failed: status !== 0 && failed === 0 ? 1 : failed }
  } catch (error) {
    console.log(`${name} left no report: ${error.message}`)
    return { passed: 0, failed: 1 }
  }
}
const readVitest = ({ numPassedTests, numTotalTests }) => ({
  passed: numPassedTests,
  failed: numTotalTests - numPassedTests,
})
const readPlaywright = ({ stats }) => ({
  passed: stats.expected,
  failed: stats.unexpected + stats.flaky + stats.skipped,
})

const vitest = (project) =>
  step(
    `${project} tests`,
    [...tool('vitest'), 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report(project)}`],
    { live: project !== 'unit', count: counted(project, readVitest) },
  )

async function checks() {
  for (const project of ['.', 'packages/wire', 'packages/core', 'packages/widget', 'packages/local', 'supabase/functions', 'e2e'])
    await step(`types in ${project}`, [...tool('typescript', 'tsc'), '--project', project])
  await step('types of the functions', [...tool('deno'), 'check', '--config', 'supabase/functions/chat/deno.json', 'supabase/functions/chat/index.ts'])
  await step('lint', [...tool('oxlint'), '--deny-warnings'])
  await step('format', [...tool('oxfmt'), '--check'])
  await step('unused code', [...tool('knip')])
  await step('sizes', [...tool('size-limit')])
  for (const name of ['core', 'widget']) {
    await step(`package ${name}`, [...tool('publint'), '--strict', `packages/${name}`])
    await step(`types of package ${name}`, [...tool('@arethetypeswrong/cli', 'attw'), '--pack', `packages/${name}`, '--profile', 'esm-only'])
  }
}

const chromium = await ensureChromium()
for (const name of ['core', 'widget']) await step(`build ${name}`, [node, 'scripts/build.mjs', name])
await Promise.all([checks(), vitest('unit')])
await vitest('stack')
await step('browser tests', [...tool('@playwright/test', 'playwright'), 'test', '--config', 'e2e/playwright.config.ts'], {
  live: true,
  env: { LOACL_CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: report('browser') },
  count: counted('browser', readPlaywright),
})
rmSync(reports, { recursive: true, force: true })
console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed === 0 ? 0 : 1
