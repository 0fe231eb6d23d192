export type { CodeBarProps } from './block_view.tsx'
export { entities } from './entities.ts'
export { type Insert, Markdown, type MarkdownProps } from './markdown_view.tsx'
/** What the view needs to look right, for the panel's style sheet. */
export { default as markdownStyles } from './markdown.css?inline'
export { createMarkdown } from './stream.ts'
export type { Block, Inline } from './tree.ts'
export type { MarkdownWords } from './words.ts'
