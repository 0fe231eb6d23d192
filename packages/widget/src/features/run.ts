import type { Message, MessagePart } from './runtime.ts'

/** The parts of a kind that follow one another from this place on; `null` where the run began before it. */
export function runAt<Part extends MessagePart>(
  { parts }: Message,
  place: number,
  isOne: (part: MessagePart) => part is Part,
): readonly Part[] | null {
  if (place > 0 && isOne(parts[place - 1]!)) return null
  const rest = parts.slice(place)
  const end = rest.findIndex((part) => !isOne(part))
  return (end < 0 ? rest : rest.slice(0, end)) as Part[]
}
