// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mount } from '../src/index.ts'
import { createScriptedClient } from './scripted_client.ts'

const page = () => [...document.querySelectorAll('loacl-chat')]

beforeEach(() => {
  for (const element of page()) element.remove()
})

afterEach(() => vi.restoreAllMocks())

test('a second call with an id gives the chat that is there, until that is disposed of', () => {
  const client = createScriptedClient()
  const first = mount({ client, id: 'help' })
  expect(mount({ client, id: 'help' })).toBe(first)
  expect(page()).toHaveLength(1)
  first.dispose()
  const next = mount({ client, id: 'help' })
  expect(next).not.toBe(first)
  expect(page()).toEqual([next.element])
  next.dispose()
})

test('an id belongs to one assistant', () => {
  const client = createScriptedClient()
  const first = mount({ client, id: 'help' })
  const other = { ...createScriptedClient(), assistant: 'a2' }
  expect(() => mount({ client: other, id: 'help' })).toThrow(expect.objectContaining({ code: 'options_invalid' }))
  expect(page()).toHaveLength(1)
  first.dispose()
})

test('chats without an id stand beside each other', () => {
  const client = createScriptedClient()
  const widgets = [mount({ client }), mount({ client })]
  expect(page()).toHaveLength(2)
  for (const widget of widgets) widget.dispose()
})

test('an option that is missing is refused at once', () => {
  const project = { url: 'https://abc.supabase.co', key: 'sb_publishable_x', assistant: 'a1' }
  for (const name of ['url', 'key', 'assistant'])
    expect(() => mount({ ...project, [name]: undefined })).toThrow(
      expect.objectContaining({ name: 'LoaclError', code: 'options_invalid', message: `Wrong "${name}".` }),
    )
  expect(page()).toEqual([])
})

test('a secret key is refused by whatever needs it first, and not sent', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const widget = mount({ url: 'https://abc.supabase.co', key: 'sb_secret_x', assistant: 'a1' })
  await expect(widget.client).rejects.toMatchObject({ code: 'options_invalid', message: 'Wrong "key".' })
  expect(widget.status).toMatchObject({ unavailable: { code: 'options_invalid' } })
  await expect(widget.send('x')).rejects.toMatchObject({ code: 'options_invalid' })
  await widget.ready
  widget.dispose()
})

test('calls are carried out in their order once the code for them has come', async () => {
  const client = createScriptedClient()
  const widget = mount({ client })
  expect(await widget.client).toBe(client)
  const first = widget.send('one')
  widget.newThread()
  const second = widget.send('two')
  expect((await first).id).toBe('turn of one')
  expect((await second).id).toBe('turn of two')
  expect(client.created.map(({ sent }) => sent)).toEqual([['one'], ['two']])
  widget.dispose()
})

const showLamp = () => ({ shown: true })

test('a tool is registered once the chat is there, for which it is no reason, and taken away before and after', async () => {
  const client = createScriptedClient()
  const widget = mount({ client })
  const remove = widget.registerTool('show_lamp', showLamp)
  widget.registerTool('show_map', showLamp)()
  expect([widget.status, client.tools]).toEqual(['launcher', {}])
  await widget.send('one')
  expect(client.tools).toEqual({ show_lamp: showLamp })
  remove()
  expect(client.tools).toEqual({})
  widget.dispose()
})

test('a new conversation that nothing has been fetched for comes before what is sent', async () => {
  const client = createScriptedClient()
  const widget = mount({ client })
  widget.newThread()
  await widget.send('one')
  expect(client.created.map(({ sent }) => sent)).toEqual([[], ['one']])
  widget.dispose()
})

test('a client of the page’s own that is open already has the chat fetched at once', async () => {
  const client = createScriptedClient()
  await client.open()
  const widget = mount({ client })
  await widget.ready
  expect(await widget.client).toBe(client)
  widget.dispose()
})

test('a client of the page’s own that opens makes the chat ready', async () => {
  const client = createScriptedClient()
  const widget = mount({ client })
  const ready = new Promise((resolve) => widget.on('ready', resolve))
  await client.open()
  await widget.ready
  await ready
  expect(widget.status).toBe('launcher')
  widget.dispose()
})
