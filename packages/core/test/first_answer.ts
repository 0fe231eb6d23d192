import { createClient, type ClientOptions, type TurnEvent } from '../src/index.ts'

/** The shortest way to an answer. `tsdown.size.config.ts` bundles it, and `size-limit` weighs the file. */
export async function showAnswer(options: ClientOptions, question: string, show: (event: TurnEvent) => void) {
  for await (const event of createClient(options).threads.create().send(question)) show(event)
}
