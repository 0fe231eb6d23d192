import { expect, test, unique } from '../support/fixtures.ts'

const LONG = 'And on it goes, from light to light along the quay. '.repeat(12).trim()
const SUMMARY = 'They spoke of lights that need no battery.'

const WAYS = [
  ['a summary', 'summarization'],
  ['truncation', 'truncation'],
] as const

for (const [name, contextStrategy] of WAYS)
  test(
    `a conversation that outgrows its assistant’s budget goes on by ${name}`,
    { tag: '@local' },
    async ({ visit, owner, model }) => {
      const assistant = await owner.addAssistant({ contextTokenBudget: 1000, contextStrategy })
      const questions = ['first', 'second', 'third', 'fourth'].map((which) =>
        unique(`What is the ${which} light? ${LONG}`),
      )
      for (const question of questions) await model.says(question, `This one. ${LONG}`)
      const chat = await visit({ assistant })
      await chat.open()
      for (const [place, question] of questions.entries()) {
        await chat.askAndWait(question)
        // It is made after an answer, for the next question.
        if (contextStrategy === 'summarization' && place === 1)
          await expect
            .poll(() => owner.readOptimizations(questions[0]!))
            .toEqual([{ type: 'summarization', reason: 'auto', summary: SUMMARY }])
      }
      await expect(chat.alert).toBeHidden()

      const { history } = (await model.calls(questions[3]!))[0]!
      expect(JSON.stringify(history)).not.toContain(questions[0])
      if (contextStrategy === 'summarization')
        expect(history[0]).toMatchObject({ content: expect.stringContaining(SUMMARY) })
      else
        expect(await owner.readOptimizations(questions[0]!)).toContainEqual({
          type: 'truncation',
          reason: 'token_limit',
          summary: null,
        })
      // What the model is not told is there for the visitor all the same.
      await expect(chat.message(questions[0]!)).toHaveCount(1)
    },
  )

test(
  'a model that can’t read a conversation is told less of it, and says so where the message alone is too long',
  { tag: '@local' },
  async ({ visit, owner, model }) => {
    const assistant = await owner.addAssistant()
    const [first, second, third] = [unique('What is first?'), unique('What is second?'), unique('What is third?')]
    await model.says(first, 'This is first.')
    await model.says(second, { text: 'This is second.', reads: 2 })
    await model.says(third, { text: 'This is third.', reads: 0 })
    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(first)
    await chat.askAndWait(second)
    await expect(chat.message('This is second.')).toBeVisible()
    expect((await model.calls(second)).map(({ history }) => history.length)).toEqual([2, expect.any(Number)])

    await chat.ask(third)
    await expect(chat.alert).toContainText('This message is too long.')
    await chat.alert.getByText('Details').click()
    await expect(chat.alert).toContainText('model_input_too_long')
  },
)
