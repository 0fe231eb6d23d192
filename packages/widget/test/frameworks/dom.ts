import { mount } from '@loacl/widget'

export const widget = mount({ url: '', key: '', assistant: '' })
const element = document.querySelector('loacl-chat')!
export const shown: Promise<void> | undefined = element.widget?.open()
element.options = { theme: 'dark', auth: async () => null }
// @ts-expect-error no such theme
element.options = { theme: 'blue' }

// The events cross shadow roots and bubble.
element.addEventListener('loacl-answered', ({ detail }) => detail.ms.toFixed())
document.addEventListener('loacl-answered', ({ detail }) => detail.ms.toFixed())
window.addEventListener('loacl-error', ({ detail }) => detail.error.code === 'network')
// @ts-expect-error an event has what it has
element.addEventListener('loacl-answered', ({ detail }) => detail.text)
element.addEventListener('click', ({ clientX }) => clientX.toFixed())
