import type { ElementAttributes, LoaclChatElement, ElementHandlers } from '@loacl/widget'
import type { HTMLAttributes } from 'svelte/elements'

export * from '@loacl/widget'

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'loacl-chat': HTMLAttributes<LoaclChatElement> & ElementAttributes & ElementHandlers
  }
}
