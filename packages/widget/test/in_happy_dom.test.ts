// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest'
import { setUp, widgetIn } from './test_document.ts'

const { project, mountWith } = setUp()
widgetIn()

it('opens where the document has what the panel needs', async () => {
  const viewport = Object.assign(new EventTarget(), { height: 700, width: 1_000, scale: 1, offsetTop: 0 })
  vi.stubGlobal('visualViewport', viewport)
  const { widget } = mountWith()
  await widget.open()
  project.answer('We open at **nine**.')
  await widget.send('When are you open?').done
  await expect.poll(() => widget.element?.shadowRoot?.querySelector('[role=log]')?.textContent).toContain('nine')
  expect(project.messages.map(({ content }) => content)).toEqual(['When are you open?', 'We open at **nine**.'])
  widget.dispose()
})
