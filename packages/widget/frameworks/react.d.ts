import type { ElementAttributes, LoaclChatElement, ElementHandlers } from '@loacl/widget'
import type { DetailedHTMLProps, HTMLAttributes } from 'react'

export * from '@loacl/widget'

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'loacl-chat': DetailedHTMLProps<HTMLAttributes<LoaclChatElement>, LoaclChatElement> &
        ElementAttributes &
        ElementHandlers
    }
  }
}
