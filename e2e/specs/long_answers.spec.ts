import { expect, test, unique } from '../support/fixtures.ts'

// Chromium looks for the first letter in all of such an element's text again at each piece of it: quadratic work for a
// text without letters.
test(
  'the browser is left no direction to search for in an answer without letters',
  { tag: '@local' },
  async ({ visit, model }) => {
    const question = unique('How much is that?')
    const pieces = ['\\\n', '`1` ', '*1* ', '1. 1\n', '> 1\n\n', '# 1\n', '|1|1|\n|-|-|\n', '    1\n']
    const text = pieces.map((piece) => piece.repeat(9)).join('\n\n')
    await model.says(question, { text, holdAfter: text.length - 1 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    const answer = chat.log.locator('[part=answer]')
    for (const block of ['p', 'code', 'em', 'ol', 'blockquote', 'h3', 'table', 'pre'])
      await expect(answer.locator(block).first()).toBeAttached()
    await expect(answer.locator('[dir=auto]')).toHaveCount(0)

    await model.says(question, text)
    await chat.answered()
    await expect(answer.locator('p br')).toHaveCount(8)
    await expect(answer.locator('[dir=auto]')).toHaveCount(0)
  },
)

/** In which half of its box an element's text begins. */
const sideOf = (element: Element): 'left' | 'right' => {
  const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode()!
  const first = new Range()
  first.setStart(text, 0)
  first.setEnd(text, 1)
  const [character, box] = [first.getBoundingClientRect(), element.getBoundingClientRect()]
  return character.left + character.right < box.left + box.right ? 'left' : 'right'
}

/** On which side of its items a list has its markers. */
const markerSideOf = (list: Element): 'left' | 'right' => {
  const [outer, item] = [list.getBoundingClientRect(), list.querySelector('li')!.getBoundingClientRect()]
  return item.left - outer.left > outer.right - item.right ? 'left' : 'right'
}

test('each block of an answer begins on the side of its first letter', { tag: '@local' }, async ({ visit, model }) => {
  const question = unique('What is it called?')
  await model.says(
    question,
    `English first.

12 – שלום.

\`npm\` שלום לכולם.

\`1 שלום\` is a word.

- **1** שלום
- English

| 1 | שלום |
|---|---|
| 2 | English |

> 1. שלום

1. 1
2. English
3. שלום`,
  )
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  const answer = chat.log.locator('[part=answer]')
  const sides = answer.locator('.md > p')
  expect(await sides.evaluateAll((all) => all.length)).toBe(4)
  expect(await sides.nth(0).evaluate(sideOf)).toBe('left')
  expect(await sides.nth(1).evaluate(sideOf)).toBe('right')
  expect(await sides.nth(2).evaluate(sideOf)).toBe('right')
  expect(await sides.nth(2).locator('code').evaluate(sideOf)).toBe('left')
  expect(await sides.nth(3).evaluate(sideOf)).toBe('left')
  expect(await sides.nth(3).locator('code').evaluate(sideOf)).toBe('right')
  expect(await answer.locator('ul').evaluate(markerSideOf)).toBe('right')
  expect(await answer.locator('.md > ol').evaluate(markerSideOf)).toBe('left')
  expect(await answer.locator('blockquote ol').evaluate(markerSideOf)).toBe('right')
  const [first, second] = await answer.getByRole('columnheader').all()
  expect((await first!.boundingBox())!.x).toBeGreaterThan((await second!.boundingBox())!.x)
})

test('a list turns when its first letter comes', { tag: '@local' }, async ({ visit, model }) => {
  const question = unique('Which ones?')
  const text = '1. 1\n2. 2\n3. שלום'
  await model.says(question, { text, holdAfter: text.indexOf('ש') - 1 })
  const chat = await visit()
  await chat.open()
  await chat.ask(question)
  const list = chat.log.locator('[part=answer] ol')
  await expect(list).toBeVisible()
  expect(await list.evaluate(markerSideOf)).toBe('left')
  await model.says(question, text)
  await chat.answered()
  expect(await list.evaluate(markerSideOf)).toBe('right')
})
