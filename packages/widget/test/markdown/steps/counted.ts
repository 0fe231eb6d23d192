import { addFeatures } from '../add_features.ts'

export { h, render } from 'preact'
export { Markdown } from '../../../src/markdown/markdown_view.tsx'
export { createMarkdown } from '../../../src/markdown/stream.ts'
addFeatures()

/** As it is once its code has come. */
export const CodeBar = () => null
