export { Markdown, type MarkdownProps } from './markdown_view.tsx'
/** What the view needs to look right, for the panel's style sheet. */
export { default as markdownStyles } from './markdown.css?inline'
export { createMarkdown, type MarkdownStream } from './stream.ts'
export { ENGLISH_WORDS, type MarkdownWords } from './words.ts'
