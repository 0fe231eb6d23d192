import type { ElementAttributes, LoaclChatElement, ElementHandlers } from '@loacl/widget'
import type { HTMLAttributes } from 'preact'

export * from '@loacl/widget'

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'loacl-chat': HTMLAttributes<LoaclChatElement> & ElementAttributes & ElementHandlers
    }
  }
}
