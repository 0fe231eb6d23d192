import { translate } from '../../support/translate.ts'
import { expect, test, unique } from '../support/fixtures.ts'

test('where the browser translates the page, an answer is shown whole, and once, while it comes and after', async ({
  visit,
  model,
}) => {
  const question = unique('Why brass?')
  const text = 'Bells are **made of brass** for the *good ring*.\n\n- loud ones\n- `quiet` ones'
  await model.says(question, { text, holdAfter: text.indexOf('of brass') })
  const chat = await visit()
  await chat.has('Open chat')
  await chat.page.evaluate(translate)
  await chat.open()
  await chat.ask(question)
  await chat.reads(question.toUpperCase(), 'BELLS ARE MADE')
  await model.says(question, { text, holdAfter: text.indexOf('loud') })
  await chat.reads(question.toUpperCase(), 'BELLS ARE MADE OF BRASS FOR THE GOOD RING.')
  await model.says(question, { text, followUps: [] })
  const whole = expect.stringMatching(/^BELLS ARE MADE OF BRASS FOR THE GOOD RING\.\s+LOUD ONES\s+quiet ONES$/)
  await chat.reads(question.toUpperCase(), whole)
  await chat.answered()
  await chat.reads(question.toUpperCase(), whole)
})
