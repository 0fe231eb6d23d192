import { createClient } from '@loacl/core'
import { createTestProject } from '@loacl/core/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { mount } from '../src/index.ts'

const project = createTestProject()

export function setUp() {
  beforeEach(() => {
    vi.stubGlobal('fetch', project.fetch)
    vi.spyOn(console, 'error').mockImplementation(() => {})
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    project.reset()
  })
  return { project, mountWith }
}

function mountWith(options: { id?: string } = {}) {
  const client = createClient({ url: project.url, key: project.key, assistant: project.assistant, storage: 'memory' })
  return { client, widget: mount({ client, ...options }) }
}

/** What a page's own tests see of the chat where the document lays nothing out. */
export function widgetIn(): void {
  it('puts its element on the page, says that the panel is unsupported, and its client works all the same', async () => {
    const { client, widget } = mountWith()
    expect(document.querySelector('loacl-chat')).toBe(widget.element)
    expect(widget.status).toBe('launcher')
    await expect(widget.open()).rejects.toMatchObject({ name: 'LoaclError', code: 'unsupported' })
    expect(widget.status).toMatchObject({ unavailable: { code: 'unsupported' } })
    project.answer('Hello')
    expect(await client.threads.create().send('Hi').text()).toBe('Hello')
    widget.dispose()
    expect(document.querySelector('loacl-chat')).toBeNull()
  })
}
