import { expect, test, unique } from '../support/fixtures.ts'
import { translate } from '../support/translate.ts'

const ANSWER = `Bells are **made of brass** for the *good ring*, see [the guide](https://harbour.example/guide), or ask.

## Kinds

- loud ones
- \`quiet\` ones, **very** quiet

| Kind | Ring |
| --- | --- |
| brass | long |

http://harbour.example has **more**. That is all.

[Bells]

See [horns], **too**, for more.

End.

[bells]: https://harbour.example/bells
[horns]: https://harbour.example/horns
`

/** Before which words the answer pauses while it comes, and how what is shown then ends. */
const PAUSES: readonly [before: string, shown: RegExp][] = [
  ['are **', /^BELLS\s*$/],
  ['of brass', /^BELLS ARE MADE\s*$/],
  ['for the', /ARE MADE OF BRASS\s*$/],
  ['ring*', /FOR THE GOOD\s*$/],
  ['guide](', /, SEE THE\s*$/],
  ['or ask', /, SEE THE GUIDE,\s*$/],
  ['## Kinds', /, OR ASK\.$/],
  ['ones\n- `', /KINDSLOUD\s*$/],
  ['ones, **', /LOUD ONESquiet\s*$/],
  ['quiet\n\n|', /quiet ONES, VERY\s*$/],
  ['| --- |', /KINDRING$/],
  ['long |', /KINDRINGBRASS$/],
  ['http://', /BRASSLONG$/],
  ['has **', /HTTP:\/\/HARBOUR\.EXAMPLE\s*$/],
  ['That is', /HAS MORE\.\s*$/],
  ['[bells]:', /THAT IS ALL\.\[BELLS\]SEE \[HORNS\], TOO, FOR MORE\.END\.$/],
]
const WHOLE =
  'BELLS ARE MADE OF BRASS FOR THE GOOD RING, SEE THE GUIDE, OR ASK.KINDSLOUD ONESquiet ONES, VERY QUIETKINDRINGBRASS' +
  'LONGHTTP://HARBOUR.EXAMPLE HAS MORE. THAT IS ALL.BELLSSEE HORNS, TOO, FOR MORE.END.'

test(
  'where the browser translates the page, answers and what stands around them are shown whole, and once',
  { tag: '@local' },
  async ({ visit, page, model }) => {
    await page.addInitScript(translate)
    const [question, next, failing] = [unique('Why brass?'), unique('And steel?'), unique('And now?')]
    await model.says(question, { text: ANSWER, holdAfter: 0 })
    await model.says(next, { text: 'Steel *rusts*.', followUps: [] })
    await model.says(failing, { status: 500 })
    const chat = await visit()
    await chat.open()
    await expect(chat.log).toContainText('HELLO FROM THE QUAY!')
    await chat.composer.fill(question)
    await chat.composer.press('Enter')
    await expect(chat.log).toContainText('IS THINKING')

    const answer = chat.log.getByRole('article').nth(1)
    for (const [before, shown] of PAUSES) {
      await model.says(question, { text: ANSWER, holdAfter: ANSWER.indexOf(before) })
      await expect(answer).toHaveText(shown)
    }
    await model.says(question, { text: ANSWER, followUps: [next, 'How loud?'] })
    await expect(answer).toHaveText(WHOLE)
    await expect(chat.followUps.getByRole('button')).toHaveText([next.toUpperCase(), 'HOW LOUD?'])
    await expect(chat.log).not.toContainText('IS THINKING')

    await chat.followUps.getByRole('button').first().click()
    await expect(chat.log.getByRole('article')).toHaveText([
      question.toUpperCase(),
      WHOLE,
      next.toUpperCase(),
      'STEEL RUSTS.',
    ])
    await expect(chat.followUps).toBeHidden()
    await expect(chat.panel.getByRole('status').last()).toHaveText(/ANSWERED:\s*STEEL RUSTS\.$/)

    await chat.composer.fill(failing)
    await chat.composer.press('Enter')
    await expect(chat.alert).toContainText('CAN’T ANSWER')
    await chat.newChat.click()
    await expect(chat.alert).toBeHidden()
    await expect(chat.log.getByRole('article')).toHaveCount(0)
    await expect(chat.log).toContainText('HELLO FROM THE QUAY!')
  },
)
