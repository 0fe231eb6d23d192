import { runtime } from 'virtual:runtime'
import type { ChatElement } from '../launcher/chat_element.ts'
import type { LoadFeature } from '../features/index.ts'
import type { ChatWidget, MountOptions } from '../types.ts'
import { assembleWidget } from '../widget.ts'
import { fetchFile } from './fetch_file.ts'
import { createView } from './view.tsx'
import { adoptWorld, type World } from './world.ts'

const loadFeature: LoadFeature = async (name, attempt) =>
  (await fetchFile(FEATURE_FILES[name]!, attempt)).default(runtime)

/** What the script tag's loader calls when this file has come. */
export function createWidget(element: ChatElement, world: World): ChatWidget {
  adoptWorld(world)
  return assembleWidget(
    element,
    { fetch: world.fetch, ...(element.options as MountOptions) },
    {
      view: async () => createView,
      feature: loadFeature,
      languages: Object.keys(LANGUAGE_FILES),
      language: (tag, attempt) => fetchFile(LANGUAGE_FILES[tag]!, attempt),
    },
  )
}
