import type { fingerprint } from '../fingerprint.ts'
import type { ChatElement } from '../launcher/chat_element.ts'
import type { ChatWidget, MountOptions } from '../types.ts'
import { assembleWidget } from '../widget.ts'
import { createView } from './view.tsx'
import { adoptWorld, type World } from './world.ts'

/** From where this file came, and only for an assistant that asks for it. */
async function loadFingerprint(): Promise<string> {
  const chunk: { fingerprint: typeof fingerprint } = await import(
    /* @vite-ignore */ new URL(FINGERPRINT_FILE, import.meta.url).href
  )
  return await chunk.fingerprint()
}

/** What the script tag's loader calls when this file has come. */
export function createWidget(element: ChatElement, world: World): ChatWidget {
  adoptWorld(world)
  const options = { fetch: world.fetch, fingerprint: loadFingerprint, ...(element.options as MountOptions) }
  return assembleWidget(element, options, async () => createView)
}
