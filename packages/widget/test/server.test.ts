import { expect, test } from 'vitest'
import { mount } from '../src/index.ts'

test('on a server the widget can be imported and mounted, draws nothing and asks nothing', async () => {
  const asked: unknown[] = []
  const fetch = async (...request: unknown[]) => {
    asked.push(request)
    return Response.error()
  }
  const widget = mount({ url: 'https://abc.supabase.co', key: 'sb_publishable_x', assistant: 'a1', fetch })
  const off = widget.on('opened', () => asked.push('opened'))
  await widget.open()
  widget.toggle()
  widget.update({ theme: 'dark' })
  expect(widget.element).toBeNull()
  expect(widget.status).toBe('launcher')
  off()
  widget.close()
  widget.dispose()
  expect(asked).toEqual([])
})
