// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import '../src/index.ts'
import type { ElementOptions, LoaclChatElement } from '../src/index.ts'
import { createScriptedClient } from './scripted_client.ts'

const PROJECT = { 'data-url': 'https://abc.supabase.co', 'data-key': 'sb_publishable_x', 'data-assistant': 'a1' }

beforeEach(() => vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => {
  document.body.replaceChildren()
  vi.restoreAllMocks()
})

/** An element as a server wrote it, or a framework made it. */
function show(attributes: Record<string, string> = {}, options?: ElementOptions): LoaclChatElement {
  const element = document.createElement('loacl-chat')
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  if (options) element.options = options
  document.body.append(element)
  return element
}
const launcherOf = (element: LoaclChatElement) => element.shadowRoot!.querySelector('button')!
const clientOf = async (element: LoaclChatElement) => await element.widget!.client
/** Observers of attributes are told in a microtask. */
const observed = () => Promise.resolve()

describe('an element in the page’s HTML', () => {
  test('is a chat where it stands, with its attributes for options', async () => {
    const element = show({ ...PROJECT, 'data-open-chat': 'Fragen' })
    expect(element.parentNode).toBe(document.body)
    expect(launcherOf(element).getAttribute('aria-label')).toBe('Fragen')
    expect(element.widget!.status).toBe('launcher')
    expect(await clientOf(element)).toMatchObject({ project: 'abc.supabase.co', assistant: 'a1' })
  })

  test('without an assistant says so, unless that comes with the options', async () => {
    const silent = show()
    const late = show({ 'data-url': 'https://abc.supabase.co', 'data-key': 'sb_publishable_x' })
    late.options = { assistant: 'a2' }
    expect((await clientOf(late)).assistant).toBe('a2')
    await vi.waitFor(() => expect(vi.mocked(console.error).mock.calls).toEqual([['loacl: no options']]))
    expect(silent.widget).toBeNull()
    silent.options = { client: createScriptedClient() }
    expect((await clientOf(silent)).assistant).toBe('a1')
  })
})

describe('what changes about an element', () => {
  test('as an attribute or an option changes the widget that is there, and goes back when it is taken away', async () => {
    const element = show(PROJECT)
    const { widget } = element
    element.dataset.openChat = 'Ask'
    await observed()
    expect(launcherOf(element).getAttribute('aria-label')).toBe('Ask')
    element.options = { strings: { openChat: 'Ask us' }, appearance: { accent: '#123456' } }
    expect(launcherOf(element).getAttribute('aria-label')).toBe('Ask us')
    expect(element.style.getPropertyValue('--_accent')).toBe('#123456')
    await clientOf(element)
    element.options = {}
    expect(element.style.getPropertyValue('--_accent')).toBe('')
    expect(launcherOf(element).getAttribute('aria-label')).toBe('Ask')
    delete element.dataset.openChat
    await observed()
    expect(launcherOf(element).getAttribute('aria-label')).toBe('Open chat')
    expect(element.widget).toBe(widget)
  })

  test('leaves alone what the page has changed by the widget', async () => {
    const element = show(PROJECT)
    element.widget!.update({ strings: { openChat: 'Hi' } })
    await clientOf(element)
    element.dataset.theme = 'dark'
    await observed()
    expect(launcherOf(element).getAttribute('aria-label')).toBe('Hi')
  })

  test.each([
    ['url', 'https://other.supabase.co', { project: 'other.supabase.co' }],
    ['assistant', 'a2', { assistant: 'a2' }],
  ])('as its %s makes another widget, once for all that changes together', async (name, value, expected) => {
    const element = show({ ...PROJECT, 'data-load-failed': 'x' })
    const before = element.widget!
    await before.client
    element.dataset[name] = value
    element.dataset.key = 'sb_publishable_y'
    await observed()
    const { widget } = element
    expect(widget).not.toBe(before)
    expect(await before.send('x').then((turn) => turn.done)).toMatchObject({ error: { code: 'disposed' } })
    expect(await clientOf(element)).toMatchObject(expected)
    await observed()
    expect(element.widget).toBe(widget)
    expect(element.shadowRoot!.querySelectorAll('button')).toHaveLength(1)
  })

  test('as its assistant is taken away leaves no launcher, and as it comes back makes another chat', async () => {
    const element = show(PROJECT)
    element.removeAttribute('data-assistant')
    await observed()
    expect(element.widget).toBeNull()
    expect(element.shadowRoot!.children).toHaveLength(0)
    element.options = { assistant: 'a2' }
    expect((await clientOf(element)).assistant).toBe('a2')
    expect(element.shadowRoot!.querySelectorAll('button')).toHaveLength(1)
  })

  test('as its client makes another widget, and the same options again do not', () => {
    const client = createScriptedClient()
    const element = show({}, { client })
    const { widget } = element
    element.options = { client }
    expect(element.widget).toBe(widget)
    element.options = { client: createScriptedClient() }
    expect(element.widget).not.toBe(widget)
  })

  test('as who the visitor is, is asked of the function that was given last', async () => {
    const asked: string[] = []
    const askedAs = (name: string) => async () => {
      asked.push(name)
      return null
    }
    vi.stubGlobal('fetch', async () => Response.error())
    const element = show(PROJECT, { auth: askedAs('first') })
    const { widget } = element
    element.options = { auth: askedAs('second') }
    await (await clientOf(element)).open().catch(() => {})
    expect([element.widget, asked]).toEqual([widget, ['second']])
    vi.unstubAllGlobals()
  })
})

describe('an element that is taken out of the page', () => {
  test('is disposed of, and another chat when it is put back', async () => {
    const element = show(PROJECT)
    const { widget } = element
    await widget!.client
    element.remove()
    await vi.waitFor(() => expect(element.widget).toBeNull())
    await expect(widget!.send('x').then((turn) => turn.done)).resolves.toMatchObject({ status: 'failed' })
    document.body.append(element)
    expect(element.widget).not.toBe(widget)
    expect(element.shadowRoot!.querySelectorAll('button')).toHaveLength(1)
  })

  test('keeps its widget where it is only moved', async () => {
    const element = show(PROJECT)
    const { widget } = element
    document.documentElement.append(element)
    // Taken out later, and noticed later.
    const other = show(PROJECT)
    other.remove()
    await vi.waitFor(() => expect(other.widget).toBeNull())
    expect(element.widget).toBe(widget)
    element.remove()
  })

  test('by the widget is no chat any more, though its HTML says what it was', () => {
    const element = show(PROJECT)
    element.widget!.dispose()
    expect([element.isConnected, element.widget]).toEqual([false, null])
  })

  test('before its code has come makes nothing of it', async () => {
    const client = createScriptedClient()
    const element = show({}, { client })
    const asked = element.widget!.send('x')
    element.widget!.dispose()
    await expect(asked).rejects.toMatchObject({ name: 'LoaclError', code: 'disposed' })
    expect(client.created).toEqual([])
    expect(element.isConnected).toBe(false)
  })
})
