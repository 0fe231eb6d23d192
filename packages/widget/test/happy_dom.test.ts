// @vitest-environment happy-dom
import { createTestProject } from '@loacl/core/testing'
import { expect, test, vi } from 'vitest'
import { mount } from '../src/index.ts'
import { checkDocument } from './document_of_tests.ts'

checkDocument('happy-dom')

test('the panel opens where the document has what it needs', async () => {
  const project = createTestProject()
  vi.stubGlobal('fetch', project.fetch)
  const viewport = Object.assign(new EventTarget(), { height: 700, width: 1_000, scale: 1, offsetTop: 0 })
  vi.stubGlobal('visualViewport', viewport)
  const widget = mount({ url: project.url, key: project.key, assistant: project.assistant })
  await widget.open()
  project.answer('We open at **nine**.')
  await (
    await widget.send('When are you open?')
  ).done
  await expect.poll(() => widget.element?.shadowRoot?.querySelector('[role=log]')?.textContent).toContain('nine')
  expect(project.messages.map(({ content }) => content)).toEqual(['When are you open?', 'We open at **nine**.'])
  widget.dispose()
  vi.unstubAllGlobals()
})
