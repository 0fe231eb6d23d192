import { signal } from '@preact/signals-core'
import { Component, h } from 'preact'
import type { fingerprint } from '../fingerprint.ts'
import type { ChatElement } from '../launcher/chat_element.ts'
import { Markdown } from '../markdown/index.ts'
import { toLoaclError } from '../model_error.ts'
import { fill } from '../strings.ts'
import type { ChatWidget, MountOptions } from '../types.ts'
import { assembleWidget } from '../widget.ts'
import type * as More from './more/index.ts'
import { Alert } from './alert.tsx'
import { fetchFile } from './fetch_file.ts'
import { reactive } from './reactive.ts'
import { createView } from './view.tsx'
import { adoptWorld, type World } from './world.ts'

/** Only for an assistant that asks for it. */
async function loadFingerprint(): Promise<string> {
  const chunk: { fingerprint: typeof fingerprint } = await fetchFile(FINGERPRINT_FILE)
  return await chunk.fingerprint()
}

/** What the file of `more` takes from this one: `SHARED` in the build. */
const shared = { Alert, Component, fill, h, Markdown, reactive, signal, toLoaclError }

const fetchMore = async (attempt: number): Promise<typeof More> => (await fetchFile(MORE_FILE, attempt)).default(shared)

/** What the script tag's loader calls when this file has come. */
export function createWidget(element: ChatElement, world: World): ChatWidget {
  adoptWorld(world)
  const options = { fetch: world.fetch, fingerprint: loadFingerprint, ...(element.options as MountOptions) }
  return assembleWidget(element, options, async () => (view) => createView(view, fetchMore))
}
