import { type LoaclClient, LoaclError } from '@loacl/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ChatElement } from '../src/launcher/chat_element.ts'
import type { CommonWidget, WidgetOptions } from '../src/types.ts'
import { assembleWidget } from '../src/widget.ts'
import { createScriptedClient, type ScriptedClient } from './scripted_client.ts'

let stored: Map<string, string>

beforeEach(() => {
  stored = new Map()
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  })
  vi.stubGlobal('dispatchEvent', page.dispatchEvent.bind(page))
})
afterEach(() => vi.unstubAllGlobals())

/** A widget on a page that has no panel to show. */
function mount(options: WidgetOptions, view: () => object = () => ({})) {
  const parts = { options, launcher: { setAttribute() {}, replaceChildren() {} }, shadowRoot: {}, remove() {} }
  const element = Object.assign(new EventTarget(), parts) as unknown as ChatElement
  const widget = assembleWidget(element, options, {
    view: () => () => ({ show() {}, hide() {}, update() {}, dispose() {}, ...view() }),
    feature: () => Promise.reject(new Error('No feature is used.')),
    languages: [],
    language: () => Promise.reject(new Error('No language ships.')),
  })
  return Object.assign(widget, { element })
}

test('widgets with clients of the page’s own keep apart what this tab remembers', async () => {
  const clients = [
    createScriptedClient(),
    { ...createScriptedClient(), assistant: 'a2' },
    { ...createScriptedClient(), project: 'other.supabase.co' },
  ]
  for (const [index, client] of clients.entries()) await mount({ client }).open({ draft: `draft ${index}` })
  dispatchEvent(new Event('pagehide'))
  expect([...stored].filter(([name]) => name.endsWith(':draft'))).toEqual([
    ['loacl:abc.supabase.co:a1::draft', 'draft 0'],
    ['loacl:abc.supabase.co:a2::draft', 'draft 1'],
    ['loacl:other.supabase.co:a1::draft', 'draft 2'],
  ])
})

test('who comes near has the panel made, unseen, so that opening only shows it', async () => {
  const happened: string[] = []
  const client = createScriptedClient()
  const widget = mount({ client }, () => {
    happened.push('made')
    return { show: (by: string) => happened.push(`shown by ${by}`) }
  })
  expect(widget.element.loaded).toBe(true)
  await widget.warm()
  expect([happened, widget.status, client.opens]).toEqual([['made'], 'launcher', 0])
  await Promise.all([widget.warm(), widget.press()])
  expect([happened, widget.status]).toEqual([['made', 'shown by visitor'], 'open'])
})

test('a page that closes the chat while it opens hears of neither', async () => {
  const heard: string[] = []
  const widget = mount({ client: createScriptedClient() }, () => ({ show: () => closing && widget.close() }))
  for (const type of ['opened', 'closed']) widget.element.addEventListener(`loacl-${type}`, () => heard.push(type))
  let closing = true
  await widget.open()
  expect([widget.status, heard]).toEqual(['closed', []])
  closing = false
  await widget.open()
  widget.close()
  expect([widget.status, heard]).toEqual(['closed', ['opened', 'closed']])
})

test('who comes near a chat that is taken away meanwhile hears of no error', async () => {
  const made = vi.fn<() => object>(() => ({}))
  const widget = mount({ client: createScriptedClient() }, made)
  const warming = widget.warm()
  widget.end()
  await warming
  expect(made).not.toHaveBeenCalled()
})

const sessionOf = (client: ScriptedClient) => client.getSnapshot().status

describe('a visitor who is forgotten', () => {
  test.each<[string, (client: LoaclClient, widget: CommonWidget) => Promise<void>]>([
    ['by the page’s own client', (client) => client.signOut()],
    ['by the widget’s client', (_, widget) => widget.client.signOut()],
    ['by the widget', (_, widget) => widget.signOut()],
  ])('%s is followed by the next one at once, where the panel is shown', async (_, forget) => {
    const client = createScriptedClient()
    const widget = mount({ client })
    await widget.open()
    await widget.ready
    await forget(client, widget)
    await expect.poll(() => sessionOf(client)).toBe('open')
    expect([client.opens, client.created.length, widget.status]).toEqual([2, 2, 'open'])
  })

  test('costs a closed panel no request until it is opened again', async () => {
    const client = createScriptedClient()
    const widget = mount({ client })
    await widget.open()
    await widget.ready
    widget.close()
    await client.signOut()
    expect([sessionOf(client), client.opens]).toEqual(['idle', 1])
    await widget.open()
    await expect.poll(() => sessionOf(client)).toBe('open')
    expect(client.opens).toBe(2)
  })

  test('and whose follower can’t be opened, is told so, and can try again', async () => {
    const client = createScriptedClient()
    const widget = mount({ client })
    await widget.open()
    await widget.ready
    client.failOpen = new LoaclError('network')
    await client.signOut()
    await expect.poll(() => widget.status).toEqual({ unavailable: client.failOpen })
    expect(client.opens).toBe(2)
  })
})

describe('a widget that is disposed of', () => {
  test('can’t be opened', async () => {
    const widget = mount({ client: createScriptedClient() })
    widget.end()
    await expect(widget.open()).rejects.toMatchObject({ name: 'LoaclError', code: 'disposed' })
    expect(widget.status).toBe('launcher')
  })

  test('while it opens, says so to who opened it', async () => {
    const widget = mount({ client: createScriptedClient() })
    const opening = widget.open()
    widget.end()
    await expect(opening).rejects.toMatchObject({ code: 'disposed' })
    expect(widget.status).not.toBe('open')
  })

  test('is waited for no longer', async () => {
    const widget = mount({ client: createScriptedClient() })
    widget.end()
    await expect(widget.ready).resolves.toBeUndefined()
  })
})

test('who waits for the chat to be ready waits no longer when it has failed', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const client = createScriptedClient()
  client.failOpen = new LoaclError('key_rejected')
  const widget = mount({ client })
  const ready = vi.fn<() => void>()
  widget.element.addEventListener('loacl-ready', ready)
  await widget.open()
  await widget.ready
  expect(widget.status).toEqual({ unavailable: client.failOpen })
  client.failOpen = null
  await client.open()
  await expect.poll(() => ready.mock.calls.length).toBe(1)
})
