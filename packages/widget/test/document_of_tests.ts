import { createClient } from '@loacl/core'
import { createTestProject } from '@loacl/core/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mount } from '../src/index.ts'
import type { Widget } from '../src/index.ts'

const told = () => vi.mocked(console.error).mock.calls.flat().join(' ')

/** Checks what a page's own tests see of a chat, in a document that is no browser's. */
export function checkDocument(name: string): void {
  const options = { url: 'https://abc.supabase.co', key: 'sb_publishable_x', assistant: 'a1' }
  let widget: Widget

  beforeEach(() => vi.spyOn(console, 'error').mockImplementation(() => {}))
  afterEach(() => {
    widget.dispose()
    vi.restoreAllMocks()
  })

  test(`${name}: opening says that the document is no browser’s, each time`, async () => {
    widget = mount(options)
    const error = await widget.open().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'LoaclError', code: 'unsupported', message: expect.stringContaining('needs') })
    expect(widget.status).toEqual({ unavailable: error })
    await expect.poll(told).toContain('docs/errors.md#unsupported')
    await expect(widget.open()).rejects.toMatchObject({ code: 'unsupported' })
  })

  test(`${name}: so does a chat that is to open by itself, and nothing is thrown`, async () => {
    widget = mount({ ...options, open: true })
    const codes: string[] = []
    widget.on('error', ({ error }) => codes.push(error.code))
    await expect.poll(() => codes).toEqual(['unsupported'])
    expect(widget.status).toMatchObject({ unavailable: { code: 'unsupported' } })
  })

  test(`${name}: what needs no panel works`, async () => {
    widget = mount(options)
    expect(await widget.client).toMatchObject({ assistant: 'a1' })
    expect(widget.element!.shadowRoot!.querySelector('button')!.getAttribute('aria-label')).toBe('Open chat')
    expect(widget.status).toBe('launcher')
  })

  test(`${name}: a client of the page’s own works where the panel can’t open`, async () => {
    const project = createTestProject({ answers: ['Hello'] })
    vi.stubGlobal('fetch', project.fetch)
    const { url, key, assistant } = project
    const client = createClient({ url, key, assistant, storage: 'memory' })
    widget = mount({ client })
    await expect(widget.open()).rejects.toMatchObject({ code: 'unsupported' })
    expect(await client.threads.create().send('Hi').text()).toBe('Hello')
    widget.dispose()
    expect(document.querySelector('loacl-chat')).toBeNull()
    client.dispose()
    vi.unstubAllGlobals()
  })
}
