import { expect, test, unique } from '../support/fixtures.ts'

// A violation fails these tests by itself: see the fixtures.
test.for(['csp', 'trusted-types'])(
  'works under a strict Content-Security-Policy (%s)',
  async (variant, { visit, model }) => {
    const question = unique('Does this policy let me through?')
    await model.says(question, { text: 'It **does**.', followUps: [] })
    const chat = await visit({ variant })
    await chat.open()
    await chat.ask(question)
    await chat.reads(question, 'It does.')
    await chat.sees({ alert: '' })
    // Styled as elsewhere: a box in the corner, not text in the flow of the page.
    const { panel } = await chat.look()
    expect(panel!.right - panel!.left).toBeLessThan(600)
    expect(panel!.right).toBeGreaterThan(940)
    await chat.page.reload()
    await chat.comesBack()
    await chat.reads(question, 'It does.')
  },
)
