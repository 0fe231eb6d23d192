import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FOLLOW_UPS, start } from '../test/running_turn.ts'
import { away } from '../test/running_turn.ts'
import { cite, completed, ScriptedModel, textDelta } from '../test/scripted_model.ts'
import type { KnownFile, ModelCitation } from './model.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const handbook: KnownFile = {
  fileId: 'file-1',
  sourceId: 'document-3d0b4b0e-8f7e-4b56-9a51-3f6c2f1f8f11',
  title: 'Our handbook',
  url: null,
}
const citeFile = (fileId: string, place: Partial<ModelCitation> = {}) =>
  cite({ name: '' }, { source: { type: 'file', fileId, name: 'handbook-v3.pdf' }, ...place })

async function run(files: readonly KnownFile[], faults = away(0)) {
  const steps = [
    textDelta('It says so.'),
    citeFile('file-1', { quote: 'So.' }),
    citeFile('file-1', { start: 0, end: 2 }),
  ]
  const running = await start(new ScriptedModel([...steps, citeFile('file-2'), completed], FOLLOW_UPS))
  running.store.citedFiles.push(...files)
  running.store.faults.findCitedFiles = faults
  await vi.runAllTimersAsync()
  await running.done
  const { message } = await running.read()
  return { ...running, sources: message!.parts.filter((part) => 'sourceId' in part) }
}

const citations = [{ quote: 'So.' }, { start: 0, end: 2 }]

it('names a document of the owner’s by its own name, without a link, and asks for it once', async () => {
  const { sources, store } = await run([handbook])
  expect(sources).toEqual([
    {
      type: 'source-document',
      sourceId: handbook.sourceId,
      mediaType: 'text/plain',
      title: 'Our handbook',
      filename: 'Our handbook',
      citations,
    },
    expect.objectContaining({ sourceId: 'source-2', title: 'handbook-v3.pdf' }),
  ])
  expect(store.calls.filter((method) => method === 'findCitedFiles')).toHaveLength(2)
})

it('links a document that is public, and no address that is none', async () => {
  const { sources } = await run([{ ...handbook, url: 'https://harbour.test/handbook' }])
  const { sourceId, title } = handbook
  expect(sources[0]).toEqual({
    type: 'source-url',
    sourceId,
    title,
    url: 'https://harbour.test/handbook',
    citations,
  })
  const odd = await run([{ ...handbook, url: 'javascript:alert(1)' }])
  expect(odd.sources[0]).toMatchObject({ type: 'source-document', sourceId })
})

it('goes by the provider’s name where the database is away, and the answer goes on', async () => {
  const { sources, reported, parts } = await run([handbook], away(2))
  expect(sources).toMatchObject([{ sourceId: 'source-1', title: 'handbook-v3.pdf' }])
  expect(reported).toMatchObject([{ code: 'database_unavailable' }, { code: 'database_unavailable' }])
  expect(parts().at(-1)).toMatchObject({ type: 'finish', finishReason: 'stop' })
})
