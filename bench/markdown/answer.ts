const SECTION = (n: number): string => `## Part ${n}: what **matters**

The ${n}th step takes *some* care, as the [guide](https://example.com/${n}) says: run \`npm run step-${n}\` and look at
what it prints. ~~Skip it~~ Don't skip it, even if it seems to have done **nothing *at all***.

1. Open the console and choose *Settings*.
2. Look for the **key** of part ${n}:
   - it begins with \`sb_\`
   - it is shown once
3. Paste it.

| Name | Value | Notes |
| ---- | ----: | ----- |
| a${n} | ${n * 10} | the *first* one |
| b${n} | ${n * 20} | **twice** as much |

\`\`\`ts
export const part${n} = (input: number): number => {
  return input * ${n} // no *emphasis* here
}
\`\`\`

> Keep it secret. It belongs to the server, and to nobody else.

`

const NESTED = (n: number): string =>
  `- item ${n} with **strong** and \`code\`\n  - a child of it, [linked](https://example.com/${n})\n    - and *its* child\n`

const PARAGRAPH = (n: number): string =>
  `Sentence ${n} of one very long paragraph has *some* **marks** and \`code\` in it, and a [link](https://a.org/${n}). `

const CODE = (n: number): string => `  const value${n} = compute(${n}, { deep: true }) // line ${n}\n`

const fill = (piece: (n: number) => string, characters: number, start = ''): string => {
  let text = start
  for (let n = 1; text.length < characters; n++) text += piece(n)
  return text.slice(0, characters)
}

/** Answers of one length and different make. */
export const ANSWERS: Readonly<Record<string, (characters: number) => string>> = {
  mixed: (characters) => fill(SECTION, characters),
  'nested list': (characters) => fill(NESTED, characters),
  'one paragraph': (characters) => fill(PARAGRAPH, characters),
  'one code block': (characters) => fill(CODE, characters, '```ts\n'),
}
