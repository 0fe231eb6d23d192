import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mount } from '../src/index.ts'
import { createScriptedClient } from './scripted_client.ts'

/** The elements that are on the page. */
const page = vi.hoisted(() => new Set<EventTarget>())

vi.mock('../src/page_document.ts', () => ({
  pageDocument: {
    createElement: () => {
      const element = new EventTarget()
      const launcher = { setAttribute() {}, replaceChildren() {} }
      return Object.assign(element, { launcher, remove: () => page.delete(element) })
    },
  },
}))
vi.mock('../src/launcher/chat_element.ts', () => ({
  defineChatElement() {},
  placeElement: (element: EventTarget) => page.add(element),
}))

beforeEach(() => {
  vi.stubGlobal('Document', EventTarget)
  vi.stubGlobal('removeEventListener', () => {})
  page.clear()
})
afterEach(() => vi.unstubAllGlobals())

test('a second call with an id gives the chat that is there, until that is disposed of', () => {
  const client = createScriptedClient()
  const first = mount({ client, id: 'help' })
  expect(mount({ client, id: 'help' })).toBe(first)
  expect(page.size).toBe(1)
  first.dispose()
  const next = mount({ client, id: 'help' })
  expect(next).not.toBe(first)
  expect([...page]).toEqual([next.element])
  next.dispose()
})

test('an id belongs to one assistant', () => {
  const client = createScriptedClient()
  const first = mount({ client, id: 'help' })
  const other = { ...createScriptedClient(), assistant: 'a2' }
  expect(() => mount({ client: other, id: 'help' })).toThrow(expect.objectContaining({ code: 'options_invalid' }))
  expect(page.size).toBe(1)
  first.dispose()
})

test('chats without an id stand beside each other', () => {
  const client = createScriptedClient()
  const widgets = [mount({ client }), mount({ client })]
  expect(page.size).toBe(2)
  for (const widget of widgets) widget.dispose()
})

test('where the document is no browser’s, opening says so', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.stubGlobal('requestAnimationFrame', () => 0)
  const widget = mount({ client: createScriptedClient() })
  const error = await widget.open().catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    name: 'LoaclError',
    code: 'unsupported',
    message: expect.stringContaining('matchMedia'),
  })
  expect(widget.status).toEqual({ unavailable: error })
  await expect.poll(() => told.mock.calls.flat().join(' ')).toContain('docs/errors.md#unsupported')
  await expect(widget.open()).rejects.toMatchObject({ code: 'unsupported' })
  widget.dispose()
})
