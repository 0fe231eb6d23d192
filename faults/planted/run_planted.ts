import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type postgres from 'postgres'
import { planByName } from '../plan.ts'
import { sumUp } from '../report.ts'
import { playAll } from '../round.ts'
import type { Story } from '../sequence.ts'
import { Worlds } from '../world/worlds.ts'
import { PLANTED_BUGS, type PlantedBug } from './planted_bugs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Plants each bug in a stack of its own, and says whether the run finds all of them. */
export async function runPlanted(only: RegExp): Promise<boolean> {
  const missed: string[] = []
  // Each stack goes on listening for what is thrown when it has been stopped.
  process.setMaxListeners(0)
  const bugs = PLANTED_BUGS.filter(({ name }) => only.test(name))
  for (const bug of bugs) {
    const found = await findBug(bug)
    const isFound = found.includes(bug.finds)
    if (!isFound) missed.push(bug.name)
    console.log(
      `${isFound ? '✓' : '✗'} ${bug.name}: ${found.join(', ') || 'nothing'}${isFound ? '' : `, and not ${bug.finds}`}`,
    )
  }
  console.log(`${bugs.length - missed.length} of ${bugs.length} planted bugs found`)
  return missed.length === 0
}

/** Kinds of what the run finds, but for what it finds anyway. */
async function findBug({ patches, statement, stories: planned }: PlantedBug): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'loacl-planted-'))
  const functionsDir = join(folder, 'supabase', 'functions')
  mkdirSync(join(folder, 'supabase'))
  cpSync(join(root, 'supabase', 'functions'), functionsDir, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  })
  // What the functions' import maps name stands beside them.
  symlinkSync(join(root, 'packages'), join(folder, 'packages'))
  for (const { where, from, to } of patches) if ('file' in where) patchFile(join(functionsDir, where.file), from, to)
  const worlds = new Worlds({ functionsDir })
  try {
    const world = await worlds.current()
    if (statement) await world.sql.unsafe(statement)
    for (const { where, from, to } of patches) if ('sql' in where) await patchSql(world.sql, where.sql, from, to)
    const stories: Story[] = []
    await playAll(worlds, planned.map(planByName), (story) => stories.push(story))
    const { found } = sumUp(stories, [], false)
    return [...new Set(found.flatMap(({ kind, known }) => (known ? [] : [kind])))]
  } finally {
    await worlds.stop()
    rmSync(folder, { recursive: true })
  }
}

function patchFile(path: string, from: string, to: string): void {
  writeFileSync(path, replaceOnce(readFileSync(path, 'utf8'), from, to, path))
}

async function patchSql(sql: postgres.Sql, name: string, from: string, to: string): Promise<void> {
  const [row] = await sql<{ text: string }[]>`select pg_get_functiondef(${name}::regprocedure) as text`
  await sql.unsafe(replaceOnce(row!.text, from, to, name))
}

/** @throws Error where the patch no longer fits what ships */
function replaceOnce(text: string, from: string, to: string, where: string): string {
  if (text.split(from).length !== 2) throw new Error(`The planted bug no longer fits ${where}: ${JSON.stringify(from)}`)
  return text.replace(from, () => to)
}
