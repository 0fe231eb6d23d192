import type { ChatElement } from '../launcher/chat_element.ts'
import type { ChatWidget, MountOptions } from '../types.ts'
import { assembleWidget } from '../widget.ts'
import { createView } from './view.tsx'
import { adoptWorld, type World } from './world.ts'

/** What the script tag's loader calls when this file has come. */
export function createWidget(element: ChatElement, world: World): ChatWidget {
  adoptWorld(world)
  return assembleWidget(element, { fetch: world.fetch, ...(element.options as MountOptions) }, async () => createView)
}
