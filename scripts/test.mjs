// `npm test`: every check and every test, in one run that ends with one line, "N passed, N failed".
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureFunctionPackages, ensureInstalled, FUNCTIONS } from './install.mjs'

// Deno's cache may have been emptied since.
if (!ensureInstalled()) ensureFunctionPackages()
const { ensureChromium } = await import('./chromium.mjs')
const { node, root, tool } = await import('./tools.mjs')

const reports = mkdtempSync(join(tmpdir(), 'loacl-test-'))

/**
 * @typedef {{ passed: number, failures: string[] }} Count
 * @typedef {(status: number) => Count} CountChecks
 */

/** @type {(name: string) => string} */
const report = (name) => join(reports, `${name}.json`)
/** @type {Count} */
const totals = { passed: 0, failures: [] }

/** @type {CountChecks} */
const countExit = (status) => ({ passed: status === 0 ? 1 : 0, failures: [] })

/**
 * Runs one command and shows its output when it fails (or as it comes, where `live`). `count` tells how many checks it
 * made and which failed; a command that failed without naming one counts as one failure.
 * @param {string} name
 * @param {[string, ...string[]]} command
 * @param {string} rest further arguments, without blanks in them
 * @param {{ live?: boolean, env?: Record<string, string>, count?: CountChecks }} [options]
 */
async function step(name, [program, ...first], rest, { live = false, env = {}, count = countExit } = {}) {
  const started = Date.now()
  const child = spawn(program, [...first, ...rest.split(' ')], {
    cwd: root,
    stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    env: { ...process.env, ...env },
  })
  let output = ''
  child.stdout?.on('data', (data) => (output += data))
  child.stderr?.on('data', (data) => (output += data))
  /** @type {number} */
  const status = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += error.message
      resolve(1)
    })
    child.on('close', (code) => resolve(code ?? 1))
  })
  const { passed, failures } = count(status)
  if (status !== 0 && failures.length === 0) failures.push(live ? 'broke down' : output)
  totals.passed += passed
  totals.failures.push(...failures.map((failure) => `${name}: ${failure}`))
  console.log(`${failures.length > 0 ? '✗' : '✓'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
}

/**
 * Counts a runner's JSON report. What was skipped counts as failed, and so does a runner that broke down.
 * @template Report
 * @param {string} name
 * @param {(report: Report) => Count} read
 * @returns {CountChecks}
 */
const counted = (name, read) => () => {
  try {
    return read(JSON.parse(readFileSync(report(name), 'utf8')))
  } catch (error) {
    return { passed: 0, failures: [`left no report: ${error}`] }
  }
}
/** @type {(messages: readonly (string | null | undefined)[]) => string} */
const because = (messages) => messages.map((message) => `\n${message}`).join('')
/** @param {import('vitest/node').JsonTestResults} report */
function readVitest({ testResults }) {
  return split(
    testResults.flatMap(({ name, message, assertionResults }) =>
      assertionResults.length > 0
        ? assertionResults.map(({ fullName, status, failureMessages }) => ({
            passed: status === 'passed',
            text: `${name} › ${fullName} (${status})${because(failureMessages ?? [])}`,
          }))
        : [{ passed: false, text: name + because([message]) }],
    ),
  )
}
/** @param {import('@playwright/test/reporter').JSONReport} report */
function readPlaywright({ suites, errors }) {
  /** @type {(suite: import('@playwright/test/reporter').JSONReportSuite) => import('@playwright/test/reporter').JSONReportSpec[]} */
  const specsIn = (suite) => [...suite.specs, ...(suite.suites ?? []).flatMap(specsIn)]
  const tests = suites.flatMap(specsIn).flatMap(({ file, title, tests: runs }) =>
    runs.map(({ status, results }) => {
      const messages = results.flatMap((result) => result.errors).map(({ message }) => message)
      return { passed: status === 'expected', text: `${file} › ${title} (${status})${because(messages)}` }
    }),
  )
  return split([...tests, ...errors.map(({ message = 'broke down' }) => ({ passed: false, text: message }))])
}
/** @type {(tests: readonly { passed: boolean, text: string }[]) => Count} */
const split = (tests) => ({
  passed: tests.filter(({ passed }) => passed).length,
  failures: tests.filter(({ passed }) => !passed).map(({ text }) => text),
})

/** @param {string} project */
const vitest = (project) =>
  step(
    `${project} tests`,
    tool('vitest'),
    `run --project ${project} --reporter=default --reporter=json --outputFile.json=${report(project)}`,
    { live: true, count: counted(project, readVitest) },
  )

/**
 * A package as it would be published: what its files and types promise to those who install it.
 * @param {string} name
 * @returns the tarball
 */
async function checkPackage(name) {
  const folder = join(reports, name)
  mkdirSync(folder)
  await step(`pack ${name}`, [node, 'scripts/pack.mjs'], `${name} ${folder} --no-build`)
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  if (!tarball) return []
  await step(`files of ${name}`, tool('publint'), `run --strict ${join(folder, tarball)}`)
  // The tag's file is imported for what it does: there is nothing in it to have a type.
  const options = '--profile esm-only --exclude-entrypoints ./loacl.js'
  await step(`types of ${name}`, tool('@arethetypeswrong/cli', 'attw'), `${join(folder, tarball)} ${options}`)
  return [join(folder, tarball)]
}

async function checks() {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)
  for (const project of ['.', ...packages, 'supabase/functions', 'e2e', 'bench', 'faults'])
    await step(`types in ${project}`, tool('typescript', 'tsc'), `--project ${project}`)
  for (const name of FUNCTIONS) {
    const folder = `supabase/functions/${name}`
    await step(`types of the function ${name}`, tool('deno'), `check --config ${folder}/deno.json ${folder}/index.ts`)
  }
  await step('lint', tool('oxlint'), '--deny-warnings')
  await step('format', tool('oxfmt'), '--check')
  await step('unused code', tool('knip'), '--no-config-hints')
  await step('sizes', tool('size-limit'), '--json')
  await checkExamples([...(await checkPackage('core')), ...(await checkPackage('widget'))])
}

/**
 * Has the packages in the examples, which the browser tests build and open, and runs the tests of the one that has some.
 * @param {string[]} tarballs
 */
async function checkExamples(tarballs) {
  await step('install examples', [node, 'scripts/install_packed.mjs'], `examples ${tarballs.join(' ')}`)
  const vitestOfExamples = join(root, 'examples', 'node_modules', 'vitest', 'vitest.mjs')
  const reporter = `--reporter=json --outputFile=${report('examples')}`
  await step('tests of an example', [node, vitestOfExamples], `run --root examples/react-vite ${reporter}`, {
    count: counted('examples', readVitest),
  })
}

const chromium = await ensureChromium()
for (const name of ['core', 'widget']) await step(`build ${name}`, [node, 'scripts/build.mjs'], name)
await Promise.all([checks(), vitest('unit')])
// Mostly it waits.
await Promise.all([vitest('stack'), step('faults, a short run', [node, 'faults/run.ts'], '--short')])
await step('browser tests', tool('@playwright/test', 'playwright'), 'test --config e2e/playwright.config.ts', {
  live: true,
  env: { LOACL_CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: report('browser') },
  count: counted('browser', readPlaywright),
})
rmSync(reports, { recursive: true, force: true })
for (const failure of totals.failures) console.log(`\n✗ ${failure}`)
console.log(`${totals.passed} passed, ${totals.failures.length} failed`)
process.exitCode = totals.failures.length === 0 ? 0 : 1
