// Which tools the mock model calls in the demo, and what it makes of their results.
import type { Answer, HostedSaid, ToolCallSaid } from '../answer.ts'

interface ToolAnswer {
  /** Asked about this, the tool is called: with what, by the words that were found. */
  about: RegExp
  tool: string
  toArguments(found: RegExpExecArray, question: string): Record<string, unknown>
  title: string
  followUps: readonly string[]
}

const POSTCODE = /\b\d{5}\b(?!-)/
const LAMP = 'Fjord|Skerry|Aurora'

const toLamp = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).toLowerCase()

const toOrder = ([, number = '']: RegExpExecArray, question: string) => ({
  number: number.toUpperCase(),
  postcode: POSTCODE.exec(question.replace(number, ''))?.[0] ?? '',
})

const TOOL_ANSWERS: readonly ToolAnswer[] = [
  {
    about: /\bcancel\b.*?\b(NL-\d+)/is,
    tool: 'cancel_order',
    toArguments: toOrder,
    title: 'Cancelling an order',
    followUps: ['When is my money back?', 'Can I order it again?'],
  },
  {
    about: /\b(NL-\d+)/i,
    tool: 'look_up_order',
    toArguments: toOrder,
    title: 'Where an order is',
    followUps: ['Cancel my order NL-20417, postcode 24837', 'How long does delivery take?'],
  },
  {
    about: /\bmy orders\b/i,
    tool: 'list_orders',
    toArguments: () => ({}),
    title: 'Your orders',
    followUps: ['How long does delivery take?'],
  },
  {
    about: /\breserve\b.*?\b([A-Z]{2}-\d{3})\b/is,
    tool: 'parts_reserve_part',
    toArguments: ([, number = '']) => ({ number: number.toUpperCase(), quantity: 1 }),
    title: 'Reserving a part',
    followUps: ['How do I change it?'],
  },
  {
    about: new RegExp(`\\bparts\\b.*?\\b(${LAMP})\\b`, 'is'),
    tool: 'parts_find_parts',
    toArguments: ([, lamp = '']) => ({ lamp: toLamp(lamp) }),
    title: 'Spare parts',
    followUps: ['Reserve FJ-110 for me', 'Can I repair it myself?'],
  },
  {
    about: new RegExp(`\\bshow\\b.*?\\b(${LAMP})\\b`, 'is'),
    tool: 'show_lamp',
    toArguments: ([, name = '']) => ({ name: toLamp(name) }),
    title: 'A lamp on the page',
    followUps: ['Which spare parts are there for Fjord?'],
  },
]

const WEB_SEARCH = /\bsearch the web\b/i

export const findToolAnswer = (question: string): ToolAnswer | undefined =>
  TOOL_ANSWERS.find(({ about }) => about.test(question))

/** The call that a question asks for, where the assistant has the tool and it has not been called yet. */
export function findCall(answer: Answer): ToolCallSaid | null {
  const { question } = answer
  const found = findToolAnswer(question)
  const { tools = [] } = answer.request
  const isOffered = tools.some((tool) => (tool.name ?? tool.function?.name) === found?.tool)
  if (!found || !isOffered || answer.round > 0) return null
  return { name: found.tool, arguments: found.toArguments(found.about.exec(question)!, question) }
}

/** The provider's own tool that a question asks for, where the assistant has it. */
export const findHosted = ({ question, request: { tools = [] } }: Answer): HostedSaid | null =>
  WEB_SEARCH.test(question) && tools.some(({ type = '' }) => type.startsWith('web_search')) ? 'web_search' : null

/** What the model makes of what its call has brought. */
export function tellResult(answer: Answer): string {
  const told = read(answer.results.at(-1) ?? '')
  const { error, result } = objectOf(told)
  if (error) return `That did not work. ${objectOf(error).message as string}`
  const value = typeof result === 'string' ? read(result) : result
  const [list, ...others] = Object.values(objectOf(value))
  const rows = Array.isArray(list) && others.length === 0 ? list : Array.isArray(value) ? value : [value]
  return `Here is what I found:\n\n${toTable(rows)}`
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A result may be a plain text.
    return text
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** A row for each, a column for each of its members. */
function toTable(rows: readonly unknown[]): string {
  const [first] = rows
  if (first === undefined) return 'Nothing.'
  if (typeof first !== 'object' || first === null) return rows.map(String).join('\n')
  const names = Object.keys(first)
  const lines = rows.map((row) => names.map((name) => toCell(objectOf(row)[name])))
  return [names, names.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const toCell = (value: unknown): string =>
  Array.isArray(value)
    ? value.map((entry) => Object.values(objectOf(entry)).join(' × ') || String(entry)).join(', ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
